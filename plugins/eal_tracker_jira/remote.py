"""Remote links: no list of issues brings them, so each issue is asked for its own, several at a time (facts 1.5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from eal_jira.errors import Gone, NotAllowed
from eal_jira.model import RemoteLink
from eal_tracker_jira.answers import Unknown, rows
from eal_tracker_jira.gateway import segment
from eal_tracker_jira.records import read_remote_links
from eal_tracker_jira.site import Site


def remote_links(site: Site, issue_ids: Sequence[str]) -> Mapping[str, tuple[RemoteLink, ...]]:
    """All remote links of each issue. Left out: issues that can't be seen, and where Jira's links are switched off."""

    def of(issue_id: str) -> tuple[RemoteLink, ...] | None:
        try:
            return read_remote_links(
                rows({"links": site.gateway.get(f"issue/{segment(issue_id)}/remotelink")}, "links")
            )
        except Gone:
            return None
        except NotAllowed as refused:
            if isinstance(refused, Unknown):
                raise
            # 403: "issue linking is disabled", for the whole site
            return None

    found = zip(issue_ids, site.lanes.map(of, issue_ids), strict=True)
    return {issue_id: links for issue_id, links in found if links is not None}
