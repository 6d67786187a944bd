"""Issues in Jira's JSON.

An issue is written field by field and every piece is kept as text (`Issue.cache`) until the issue, something it embeds
or a word it uses changes; an answer with a hundred issues is then mostly joining strings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from eal_jira.sandbox.fields import SPRINT, Field
from eal_jira.sandbox.plainjson import dumps
from eal_jira.sandbox.rest.selection import Selection
from eal_jira.sandbox.rest.shapes import Shapes
from eal_jira.sandbox.state import History, Issue, Json, Project

EXPANDABLE = "renderedFields,names,schema,operations,editmeta,changelog,versionedRepresentations"

_T = TypeVar("_T")


class Presenter(Shapes):
    """Writes issues for one REST version, "2" or "3". Cheap to make."""

    def history_text(self, history: History, created: str | int | None = None) -> str:
        """One history entry; `created` in another form than a timestamp where that is asked for. Data Center doesn't
        give field ids (facts 1.4)."""
        items = history.items
        if not self._cloud:
            items = [{k: v for k, v in item.items() if k != "fieldId"} for item in items]
        author = self.user_text(history.author)
        at = self.time(history.created) if created is None else created
        return (
            f'{{"id":"{history.id}",'
            + (f'"author":{author},' if author else "")
            + f'"created":{dumps(at)},"items":{dumps(items)}}}'
        )

    def history_texts(self, issue: Issue) -> list[str]:
        """The JSON of every history of the issue, oldest first, kept until the issue changes."""
        return self._kept(issue, "histories", lambda: [self.history_text(h) for h in issue.histories])

    def changelog_text(self, issue: Issue) -> str:
        """What `expand=changelog` gives: Cloud newest first and cut, Data Center complete (facts 1.4)."""
        texts = self.history_texts(issue)
        if self._cloud:
            texts = texts[::-1][: self._site.limits.expanded_changelog]
        total = issue.history_total
        return (
            f'{{"startAt":0,"maxResults":{len(texts) if self._cloud else total},"total":{total},'
            f'"histories":[{",".join(texts)}]}}'
        )

    def user_text(self, account_id: str | None) -> str | None:
        """A person's JSON, kept until a word of the site changes: people stand everywhere."""
        if account_id not in self._site.people.accounts:
            return None
        kept, place = self._site.texts, (self.version, account_id, self._site.epoch, self._site.base_url)
        if place not in kept:
            kept[place] = dumps(self.user(account_id))
        return kept[place]

    # --- issues -----------------------------------------------------------------------------------------------

    def issue_text(
        self,
        issue: Issue,
        *,
        fields: Selection,
        expand: Iterable[str] = (),
        properties: Sequence[str] = (),
        key: bool = True,
    ) -> str:
        """One issue as JSON text. With `key` False only the id is given, as search does when only ids are asked."""
        if not key:
            return f'{{"id":"{issue.id}"}}'
        parts = [f'"expand":"{EXPANDABLE}","id":"{issue.id}","self":"{self.api}/issue/{issue.id}","key":"{issue.key}"']
        if not fields.none:
            parts.append(f'"fields":{self._fields_text(issue, fields)}')
        if "changelog" in expand:
            parts.append(f'"changelog":{self.changelog_text(issue)}')
        if properties:
            wanted = issue.properties if "*all" in properties else properties
            found = {name: issue.properties[name] for name in wanted if name in issue.properties}
            parts.append(f'"properties":{dumps(found)}')
        if "names" in expand:
            parts.append(f'"names":{dumps({f.id: f.name for f in fields.of(self._site.fields.by_id)})}')
        if "schema" in expand:
            parts.append(f'"schema":{dumps({f.id: f.schema for f in fields.of(self._site.fields.by_id)})}')
        return "{" + ",".join(parts) + "}"

    def _fields_text(self, issue: Issue, fields: Selection) -> str:
        pieces = self._kept(issue, "pieces", lambda: self._pieces(issue))

        def build() -> str:
            wanted = fields.of(self._site.fields.by_id)
            return "{" + ",".join(pieces[f.id] for f in wanted if f.id in pieces) + "}"

        return self._kept(issue, fields, build)

    def _pieces(self, issue: Issue) -> dict[str, str]:
        """Every field of the issue as `"id":value`."""
        project = self._site.projects[issue.project]
        pieces = {}
        for field in self._site.fields:
            if field.custom and field.id not in issue.fields and not self._on_screens(project, field):
                continue
            if field.id == "parent" and not issue.fields.get("parent"):
                continue  # the one system field that Jira leaves out when it is empty
            text = self.user_text(issue.fields.get(field.id)) if field.type == "user" else None
            pieces[field.id] = f'"{field.id}":{text or dumps(self.value(issue, field))}'
        return pieces

    def _on_screens(self, project: Project, field: Field) -> bool:
        """Jira Software's own fields stand on every issue, empty or not; others where they are filled."""
        return bool(project.transitions) and field.custom is not None and "greenhopper" in field.custom

    def value(self, issue: Issue, field: Field) -> Json:
        """The value of one field as Jira shows it."""
        compute = _COMPUTED.get(field.id)
        if compute:
            return compute(self, issue)
        stored = issue.fields.get(field.id)
        if field.custom == SPRINT:
            return [self._sprint_value(s) for s in stored if s in self._site.sprints] if stored else None
        if stored is None:
            return [] if field.type == "array" and not field.custom else None
        if field.rich:
            return self.text(stored)
        if field.type == "user":
            return self.user(stored)
        shown = {
            "status": self.status,
            "issuetype": self.type,
            "priority": self.priority,
            "resolution": self.resolution,
        }.get(field.id)
        if shown:
            return shown(stored)
        if field.items in ("component", "version"):
            project = self._site.projects[issue.project]
            known = project.components if field.items == "component" else project.versions
            return [{"self": f"{self.api}/{field.items}/{i}", **known[i]} for i in stored if i in known]
        return stored

    # --- fields that are computed -----------------------------------------------------------------------------

    def _parent(self, issue: Issue) -> Json:
        stored = issue.fields.get("parent")
        if not stored:
            return None
        known = self._site.issues.get(int(stored["id"]))
        return self.stub(known) if known else stored

    def _subtasks(self, issue: Issue) -> Json:
        """Those that are here, and what a record said of those that are not."""
        types = self._site.catalogue.types
        here = [self._site.issues[i] for i in issue.children if i in self._site.issues]
        here = [child for child in here if types[child.fields["issuetype"]].subtask]
        elsewhere = [s for s in issue.fields.get("subtasks") or () if int(s["id"]) not in self._site.issues]
        return [*elsewhere, *(self.stub(child) for child in here)]

    def _attachments(self, issue: Issue) -> Json:
        return [*(issue.fields.get("attachment") or ()), *(self.attachment(each) for each in issue.attachments)]

    def _links(self, issue: Issue) -> Json:
        brought = issue.fields.get("issuelinks") or []
        made = [self.link(issue, self._site.links[i]) for i in issue.links if i in self._site.links]
        return [*brought, *made]

    def _comments(self, issue: Issue) -> Json:
        count = self._site.limits.embedded_comments if self._cloud else len(issue.comments)
        shown = [self.comment(issue, c) for c in issue.comments[:count]]
        return {
            "comments": shown,
            "self": f"{self.api}/issue/{issue.id}/comment",
            "maxResults": len(shown),
            "total": len(issue.comments),
            "startAt": 0,
        }

    def _worklogs(self, issue: Issue) -> Json:
        limit = self._site.limits.embedded_worklogs
        return {
            "startAt": 0,
            "maxResults": limit,
            "total": len(issue.worklogs),
            "worklogs": [self.worklog(issue, w) for w in issue.worklogs[:limit]],
        }

    def _category_changed(self, issue: Issue) -> Json:
        """When the status last moved to another category; at the creation when it never did."""
        statuses = self._site.catalogue.statuses

        def category(status_id: str | None) -> str | None:
            return statuses[status_id].category if status_id in statuses else None

        for history in reversed(issue.histories):
            for item in history.items:
                if item.get("field") == "status" and category(item.get("from")) != category(item.get("to")):
                    return self.time(history.created)
        return self.time(issue.created)

    def _kept(self, issue: Issue, what: object, build: Callable[[], _T]) -> _T:
        """The cached piece, or a new one: caches are void when a word changed or the site has a new address."""
        site = self._site
        stamp = site.epoch, site.base_url
        if issue.cache.get("stamp") != stamp:
            issue.cache.clear()
            issue.cache["stamp"] = stamp
        place = self.version, what
        if place not in issue.cache:
            issue.cache[place] = build()
        kept: _T = issue.cache[place]
        return kept


_COMPUTED: dict[str, Callable[[Presenter, Issue], Json]] = {
    "project": lambda p, i: p.project(p._site.projects[i.project]),
    "created": lambda p, i: p.time(i.created),
    "updated": lambda p, i: p.time(i.updated),
    "resolutiondate": lambda p, i: p.time(i.resolved) if i.resolved else None,
    "archiveddate": lambda p, i: p.time(i.archived) if i.archived else None,
    "statusCategory": lambda p, i: p.category(p._site.catalogue.statuses[i.fields["status"]].category),
    "statuscategorychangedate": lambda p, i: p._category_changed(i),
    "parent": Presenter._parent,
    "subtasks": Presenter._subtasks,
    "issuelinks": Presenter._links,
    "attachment": Presenter._attachments,
    "comment": Presenter._comments,
    "worklog": Presenter._worklogs,
    "votes": lambda p, i: {"self": f"{p.api}/issue/{i.key}/votes", "votes": 0, "hasVoted": False},
    "watches": lambda p, i: {
        "self": f"{p.api}/issue/{i.key}/watchers",
        "watchCount": 0,
        "isWatching": False,
    },
    "workratio": lambda _p, _i: -1,
}
