"""Everything that changes an issue, with the traces that Jira leaves: history entries, `updated`, the journal.

One `Writer` stands for one actor at one moment. It does no checking of permissions or of form: handlers and
`Site.perform` do that before.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from eal_jira.sandbox.catalogue import find
from eal_jira.sandbox.journal import JournalEntry
from eal_jira.sandbox.state import Attachment, Comment, History, Issue, Json, Link, Project, RemoteLink, Worklog
from eal_jira.sandbox.values import change_items

if TYPE_CHECKING:
    from eal_jira.sandbox.site import Site


class Writer:
    def __init__(self, site: Site, actor: str | None, at: datetime, via: str = "rest") -> None:
        self._site = site
        self._actor = actor
        # Jira keeps milliseconds
        self._at = at.replace(microsecond=at.microsecond // 1000 * 1000)
        self._via = via

    # --- issues -----------------------------------------------------------------------------------------------

    def create(self, project: Project, values: Mapping[str, Json], *, key: str | None = None) -> Issue:
        """A new issue with these stored values; `summary` and `issuetype` are among them."""
        site = self._site
        key = key or f"{project.key}-{project.next_number}"
        if key in site.keys:
            raise ValueError(f"there is an issue {key} already")
        medium = find(site.catalogue.priorities, "Medium")
        fields: dict[str, Json] = {
            "priority": medium.id if medium else None,
            "labels": [],
            "reporter": self._actor,
            "creator": self._actor,
            **values,
            "status": project.statuses[0],
        }
        issue = Issue(site.next_id("issue"), key, project.id, self._at, self._at, fields)
        site.admit(issue)
        self._adopt(issue, None, fields.get("parent"))
        self._after(issue, "create", {"fields": sorted(values)})
        return issue

    def edit(self, issue: Issue, values: Mapping[str, Json]) -> bool:
        """Set stored values; one history entry for what differs. False when nothing did: no trace is left."""
        project = self._site.projects[issue.project]
        items: list[dict[str, Json]] = []
        for field_id, value in values.items():
            field = self._site.fields.by_id[field_id]
            items += change_items(self._site, project, field, issue.fields.get(field_id), value)
        if not items:
            return False
        self._before(issue)
        if "parent" in values:
            self._adopt(issue, issue.fields.get("parent"), values["parent"])
        if "resolution" in values:
            issue.resolved = self._at if values["resolution"] else None
        issue.fields.update(values)
        self._remember(issue, items)
        self._after(issue, "edit", {"fields": sorted({item["fieldId"] for item in items})})
        return True

    def transition(self, issue: Issue, status: str, values: Mapping[str, Json] | None = None) -> None:
        """Move to a status; entering a "done" one sets the resolution as the workflow does, leaving it clears it."""
        site, project = self._site, self._site.projects[issue.project]
        new: dict[str, Json] = dict(values or {})
        done = site.catalogue.statuses[status].category == "done"
        if done and not issue.fields.get("resolution"):
            new.setdefault("resolution", site.catalogue.resolution("Done").id)
        elif not done:
            new["resolution"] = None
        new["status"] = status
        items: list[dict[str, Json]] = []
        for field_id, value in new.items():
            old = issue.fields.get(field_id)
            items += change_items(site, project, site.fields.by_id[field_id], old, value)
        if not items:
            return
        self._before(issue)
        if bool(new.get("resolution", issue.fields.get("resolution"))) != bool(issue.fields.get("resolution")):
            issue.resolved = self._at if new["resolution"] else None
        issue.fields.update(new)
        self._remember(issue, items)
        self._after(issue, "transition", {"status": status})

    def move(self, issue: Issue, project: Project) -> None:
        """To another project: new key, same id; the old key keeps leading here."""
        site, old_key, old = self._site, issue.key, self._site.projects[issue.project]
        self._before(issue)
        if issue.fields["status"] not in project.statuses:
            same_name = [
                s
                for s in project.statuses
                if site.catalogue.statuses[s].name == site.catalogue.statuses[issue.fields["status"]].name
            ]
            issue.fields["status"] = (same_name or project.statuses)[0]
        for parts in "components", "fixVersions", "versions":
            issue.fields.pop(parts, None)
        site.rekey(issue, project)
        self._remember(
            issue,
            [
                _item("project", "project", str(old.id), old.name, str(project.id), project.name),
                _item("Key", None, None, old_key, None, issue.key),
            ],
        )
        self._after(issue, "move", {"from": old_key, "to": issue.key})

    def delete(self, issue: Issue) -> None:
        """Gone with its history, its comments and its links."""
        self._before(issue)
        for link_id in list(issue.links):
            self._unlink(link_id)
        self._adopt(issue, issue.fields.get("parent"), None)
        self._site.dismiss(issue)
        self._site.index.after_write(issue, self._at, gone=True)
        self._record(issue, "delete", {})

    # --- comments, worklogs, links, properties ----------------------------------------------------------------

    def comment(self, issue: Issue, body: Json, properties: Mapping[str, Json], visibility: Json = None) -> Comment:
        comment = Comment(
            self._site.next_id("comment"), self._actor, body, self._at, self._at, self._actor, dict(properties)
        )
        comment.visibility = visibility
        comment.public = _public(properties)
        self._before(issue)
        issue.comments.append(comment)
        issue.comments.sort(key=lambda c: (c.created, c.id))
        self._site.comments[comment.id] = issue.id
        self._after(issue, "comment", {"comment": str(comment.id), "properties": dict(properties)})
        return comment

    def edit_comment(self, issue: Issue, comment: Comment, body: Json, properties: Mapping[str, Json]) -> None:
        self._before(issue)
        comment.body = body
        comment.updated = self._at
        comment.update_author = self._actor
        comment.properties.update(properties)
        self._after(issue, "comment-edit", {"comment": str(comment.id)})

    def delete_comment(self, issue: Issue, comment: Comment) -> None:
        self._before(issue)
        issue.comments.remove(comment)
        del self._site.comments[comment.id]
        self._after(issue, "comment-delete", {"comment": str(comment.id)})

    def comment_property(self, issue: Issue, comment: Comment, key: str, value: Json) -> bool:
        """Set a comment's property; True when it is new. Leaves `updated` alone."""
        new = key not in comment.properties
        self._before(issue)
        comment.properties[key] = value
        self._after(issue, "comment-property", {"comment": str(comment.id), "property": key}, bump=False)
        return new

    def worklog(self, issue: Issue, seconds: int, started: datetime, comment: Json = None) -> Worklog:
        entry = Worklog(self._site.next_id("worklog"), self._actor, comment, started, seconds, self._at, self._at)
        self._before(issue)
        issue.worklogs.append(entry)
        self._after(issue, "worklog", {"worklog": str(entry.id), "seconds": seconds})
        return entry

    def edit_worklog(self, issue: Issue, entry: Worklog, seconds: int, started: datetime, comment: Json) -> None:
        self._before(issue)
        entry.seconds, entry.started, entry.comment = seconds, started, comment
        entry.updated, entry.update_author = self._at, self._actor
        self._after(issue, "worklog-edit", {"worklog": str(entry.id), "seconds": seconds})

    def delete_worklog(self, issue: Issue, entry: Worklog) -> None:
        self._before(issue)
        issue.worklogs.remove(entry)
        self._site.deleted_worklogs[entry.id] = self._at
        self._after(issue, "worklog-delete", {"worklog": str(entry.id)})

    def property(self, issue: Issue, key: str, value: Json) -> bool:
        """Set an issue property; True when it is new. Leaves `updated` and the history alone (facts 2.5)."""
        new = key not in issue.properties
        self._before(issue)
        issue.properties[key] = value
        self._after(issue, "property", {"property": key, "value": value}, bump=False)
        return new

    def delete_property(self, issue: Issue, key: str) -> None:
        self._before(issue)
        del issue.properties[key]
        self._after(issue, "property-delete", {"property": key}, bump=False)

    def link(self, type_id: str, outward: Issue, inward: Issue) -> Link:
        """A link between two issues; one that exists already is given back as it is (facts 5.6).

        Both ends get a history entry; neither's `updated` moves (facts 2.5, the harder of the two readings).
        """
        site = self._site
        for link_id in outward.links:
            known = site.links[link_id]
            if (known.type, known.outward, known.inward) == (type_id, outward.id, inward.id):
                return known
        kind = site.catalogue.link_types[type_id]
        link = Link(site.next_id("link"), type_id, outward.id, inward.id)
        site.links[link.id] = link
        for here, there, words in (outward, inward, kind.outward), (inward, outward, kind.inward):
            self._before(here)
            here.links.append(link.id)
            text = f"This issue {words} {there.key}"
            self._remember(here, [_item("Link", "issuelinks", None, None, there.key, text)])
            self._after(here, "link", {"link": str(link.id), "other": there.key}, bump=False)
        return link

    def remote_link(
        self, issue: Issue, global_id: str | None, body: dict[str, Json], *, told: bool = True
    ) -> tuple[RemoteLink, bool]:
        """Create, or replace the one with the same global id: what the new body leaves out is gone (facts 5.6).

        `updated` never moves (facts 2.5); with `told` False the history stays silent, too.
        """
        known = next((r for r in issue.remote_links if global_id and r.global_id == global_id), None)
        if known is not None:
            self.edit_remote_link(issue, known, global_id, body, told=told)
            return known, False
        link = RemoteLink(self._site.next_id("remote link"), global_id, body)
        self._before(issue)
        issue.remote_links.append(link)
        self._linked(issue, "remote-link", None, link, told)
        return link, True

    def edit_remote_link(
        self, issue: Issue, link: RemoteLink, global_id: str | None, body: dict[str, Json], *, told: bool = True
    ) -> None:
        """Replace it; its id stays."""
        self._before(issue)
        old = RemoteLink(link.id, link.global_id, link.body)
        link.global_id, link.body = global_id, body
        self._linked(issue, "remote-link-edit", old, link, told)

    def delete_remote_link(self, issue: Issue, link: RemoteLink, *, told: bool = True) -> None:
        self._before(issue)
        issue.remote_links.remove(link)
        self._linked(issue, "remote-link-delete", link, None, told)

    def _linked(self, issue: Issue, kind: str, old: RemoteLink | None, new: RemoteLink | None, told: bool) -> None:
        if told:
            sides = [(None, None) if r is None else (str(r.id), _says(r)) for r in (old, new)]
            self._remember(issue, [_item("RemoteIssueLink", None, *sides[0], *sides[1])])
        shown = new or old
        self._after(issue, kind, {"globalId": shown.global_id if shown else None}, bump=False)

    def attach(self, issue: Issue, name: str, content: bytes, media_type: str) -> Attachment:
        """One more file, whatever files of that name there are already (facts 5.6)."""
        made = Attachment(self._site.next_id("attachment"), name, media_type, content, self._actor, self._at)
        self._before(issue)
        issue.attachments.append(made)
        self._remember(issue, [_item("Attachment", "attachment", None, None, str(made.id), name)])
        self._after(issue, "attachment", {"attachment": str(made.id), "name": name, "size": len(content)})
        return made

    def detach(self, issue: Issue, file: Attachment) -> None:
        self._before(issue)
        issue.attachments.remove(file)
        self._remember(issue, [_item("Attachment", "attachment", str(file.id), file.name, None, None)])
        self._after(issue, "attachment-delete", {"attachment": str(file.id), "name": file.name})

    # --- what every write does --------------------------------------------------------------------------------

    def _before(self, issue: Issue) -> None:
        self._site.index.before_write(issue)

    def _after(self, issue: Issue, kind: str, artefact: Mapping[str, Json], *, bump: bool = True) -> None:
        if bump:
            issue.updated = max(issue.updated, self._at)
        self._site.forget_serialised(issue)
        self._site.index.after_write(issue, self._at)
        self._record(issue, kind, artefact)

    def _record(self, issue: Issue, kind: str, artefact: Mapping[str, Json]) -> None:
        entry = JournalEntry(
            len(self._site.journal) + 1,
            self._at,
            self._actor,
            kind,
            str(issue.id),
            issue.key,
            self._via,
            artefact,
        )
        self._site.journal.append(entry)
        for listener in self._site.listeners:
            listener(entry)

    def _remember(self, issue: Issue, items: list[dict[str, Json]]) -> None:
        issue.histories.append(History(self._site.next_id("history"), self._at, self._actor, items))
        if issue.declared_histories:
            issue.declared_histories += 1
        issue.histories.sort(key=lambda h: (h.created, h.id))

    def _adopt(self, issue: Issue, old: Json, new: Json) -> None:
        """Keep the parents' lists of children in step."""
        for parent, change in (old, list.remove), (new, list.append):
            known = self._site.issues.get(int(parent["id"])) if parent else None
            if known and (change is list.append or issue.id in known.children):
                change(known.children, issue.id)
                self._site.forget_serialised(known)

    def _unlink(self, link_id: int) -> None:
        link = self._site.links.pop(link_id)
        for end in link.outward, link.inward:
            other = self._site.issues[end]
            other.links.remove(link_id)
            self._site.forget_serialised(other)


def _item(
    name: str, field_id: str | None, from_id: str | None, old: str | None, to_id: str | None, new: str | None
) -> dict[str, Json]:
    item: dict[str, Json] = {"field": name, "fieldtype": "jira"}
    if field_id:
        item["fieldId"] = field_id
    return item | {"from": from_id, "fromString": old, "to": to_id, "toString": new}


def _says(link: RemoteLink) -> str:
    """As the histories of a real site have it."""
    target, application = link.body.get("object") or {}, link.body.get("application") or {}
    return f'This issue links to "{target.get("title")} ({application.get("name") or "Web Link"})"'


def _public(properties: Mapping[str, Json]) -> bool:
    """Comments are public to a service desk's customers unless the property says otherwise (facts 5.3)."""
    said = properties.get("sd.public.comment")
    return not (isinstance(said, dict) and said.get("internal") is True)
