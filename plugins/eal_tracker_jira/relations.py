"""Links and files on an issue (facts 5.6)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress

from eal_jira.errors import Gone
from eal_jira.hookspecs import Check
from eal_jira.model import Link, RemoteLinkDraft
from eal_tracker_jira.answers import Json, named, rows
from eal_tracker_jira.gateway import segment
from eal_tracker_jira.records import link_of
from eal_tracker_jira.site import Site
from eal_tracker_jira.writes import made

GLOBAL_ID = 255
"""Characters of a remote link's global id."""


class Relations:
    def __init__(self, site: Site) -> None:
        self._site = site

    # --- links to issues --------------------------------------------------------------------------------------

    def links(self, issue_id: str) -> tuple[Link, ...]:
        listed = self._field(issue_id, "issuelinks")
        return tuple(link for each in listed if (link := link_of(each)) is not None)

    def kinds(self) -> tuple[str, ...]:
        return tuple(named(each, "name") for each in rows(self._site.gateway.get("issueLinkType"), "issueLinkTypes"))

    def link(self, issue_id: str, other_id: str, kind: str) -> None:
        """Never with a comment, which would be added even if the link is there (facts 5.6)."""
        body = {"type": {"name": kind}, "outwardIssue": {"id": issue_id}, "inwardIssue": {"id": other_id}}
        self._site.gateway.create("issueLink", body)

    # --- links elsewhere --------------------------------------------------------------------------------------

    def remote_link(self, issue_id: str, global_id: str) -> RemoteLinkDraft | None:
        try:
            found = self._site.gateway.get(f"issue/{segment(issue_id)}/remotelink", globalId=global_id[:GLOBAL_ID])
        except Gone:
            return None
        target = found.get("object") or {}
        return RemoteLinkDraft(
            global_id,
            str(target.get("url") or ""),
            str(target.get("title") or ""),
            str(found.get("relationship") or ""),
        )

    def put_remote_link(self, issue_id: str, link: RemoteLinkDraft) -> None:
        """Whole, for what is left out becomes nothing."""
        body = {
            "globalId": link.global_id[:GLOBAL_ID],
            "object": {"url": link.url, "title": link.title},
            **({"relationship": link.relationship} if link.relationship else {}),
        }
        self._site.gateway.state(f"issue/{segment(issue_id)}/remotelink", body)

    # --- files ------------------------------------------------------------------------------------------------

    def attachments(self, issue_id: str) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for each in sorted(self._field(issue_id, "attachment"), key=lambda each: (len(named(each, "id")), each["id"])):
            name = named(each, "filename")
            found[name] = (*found.get(name, ()), named(each, "id"))
        return found

    def attach(self, issue_id: str, name: str, content: bytes) -> str:
        answer = self._site.gateway.upload(f"issue/{segment(issue_id)}/attachments", name, content)
        return made(answer[0] if isinstance(answer, list) and answer else None, "id", "an attachment")

    def detach(self, attachment_id: str) -> None:
        with suppress(Gone):
            self._site.gateway.delete(f"attachment/{segment(attachment_id)}")

    def _field(self, issue_id: str, field: str) -> list[Json]:
        """A list that stands in one field of the issue; none where the field is hidden."""
        fields = self._site.gateway.get(f"issue/{segment(issue_id)}", fields=field).get("fields") or {}
        return rows({field: fields.get(field) or []}, field)


def look_at_link_kind(site: Site, kind: str) -> Iterator[Check]:
    """Whether there is this kind of link between issues."""
    there = Relations(site).kinds()
    if kind in there:
        yield Check.green("decisions.link", f"{kind!r}: a kind of link here.")
        return
    yield Check.yellow(
        "decisions.link",
        f"There is no kind of link {kind!r}, so a proposal isn't linked to where it comes from.",
        f'Write one of these into decisions.link: {", ".join(there) or "none"}; or "" for no links.',
    )
