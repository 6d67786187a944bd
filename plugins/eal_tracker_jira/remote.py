"""Remote links: no list of issues brings them, so each issue is asked for its own, several at a time (facts 1.5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from eal_jira.errors import Gone, NotAllowed, NotKnown, TrackerUnreachable
from eal_jira.model import RemoteLink
from eal_tracker_jira.answers import rows
from eal_tracker_jira.gateway import segment
from eal_tracker_jira.records import read_remote_links
from eal_tracker_jira.site import Site

FEW = 5
"""So many issues may be the ones that break Jira's answers; more of them are an outage."""


def remote_links(site: Site, issue_ids: Sequence[str]) -> Mapping[str, tuple[RemoteLink, ...]]:
    """All remote links of each issue. Left out: issues that can't be seen, those whose answer can't be read while
    others' can, and all of them where Jira's links are switched off."""
    failed: list[TrackerUnreachable] = []

    def of(issue_id: str) -> tuple[RemoteLink, ...] | None:
        try:
            listed = site.gateway.get(f"issue/{segment(issue_id)}/remotelink")
            return read_remote_links(rows({"remote links": listed}, "remote links"))
        except Gone:
            return None
        except NotAllowed as refused:
            if isinstance(refused, NotKnown):
                raise
            # 403: "issue linking is disabled", for the whole site
            return None
        except TrackerUnreachable as error:
            failed.append(error)
            if len(failed) > FEW:
                raise
            return None

    answers = zip(issue_ids, site.lanes.map(of, issue_ids), strict=True)
    found = {issue_id: links for issue_id, links in answers if links is not None}
    if failed and not found:
        # not one of them can be had: that is no single issue's doing
        raise failed[0]
    return found
