"""What the site holds, in Jira's JSON: people, words, issues with their fields, histories, comments.

An issue is written field by field and every piece is kept as text (`Issue.cache`) until the issue, something it embeds
or a word it uses changes; an answer with a hundred issues is then mostly joining strings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from eal_jira.sandbox.answers import dumps
from eal_jira.sandbox.catalogue import CATEGORIES
from eal_jira.sandbox.fields import SPRINT, Field
from eal_jira.sandbox.people import Account
from eal_jira.sandbox.richtext import to_adf, to_wiki
from eal_jira.sandbox.state import Comment, History, Issue, Json, Link, Project, RemoteLink, Sprint, Worklog

if TYPE_CHECKING:
    from eal_jira.sandbox.site import Site

EXPANDABLE = "renderedFields,names,schema,operations,editmeta,changelog,versionedRepresentations"


class Presenter:
    """Writes for one REST version, "2" or "3". Cheap to make."""

    def __init__(self, site: Site, version: str) -> None:
        self._site = site
        self.version = version
        self._cloud = site.flavour == "cloud"
        self.api = f"{site.base_url}/rest/api/{version}"

    # --- words ------------------------------------------------------------------------------------------------

    def time(self, moment: datetime) -> str:
        """ISO 8601 with milliseconds and an offset without a colon, in the site's time zone (facts 1.4)."""
        local = moment.astimezone(self._site.time_zone)
        return f"{local:%Y-%m-%dT%H:%M:%S}.{local.microsecond // 1000:03d}{local:%z}"

    def user(self, account_id: str | None) -> Json:
        account = self._site.people.accounts.get(account_id) if account_id else None
        return self.account(account) if account else None

    def account(self, account: Account) -> dict[str, Json]:
        shown: dict[str, Json]
        if self._cloud:
            shown = {
                "self": f"{self.api}/user?accountId={quote(account.id, safe='')}",
                "accountId": account.id,
                "accountType": account.account_type,
            }
        else:
            shown = {
                "self": f"{self.api}/user?username={quote(account.login, safe='')}",
                "name": account.login,
                "key": account.id,
                "emailAddress": account.email,
            }
        shown |= {
            "avatarUrls": {
                f"{s}x{s}": f"{self._site.base_url}/avatar?size={s}" for s in (48, 24, 16, 32)
            },
            "displayName": account.name,
            "active": account.active,
        }
        if account.time_zone:
            shown["timeZone"] = account.time_zone
        return shown

    def category(self, key: str) -> dict[str, Json]:
        number, name, colour = CATEGORIES[key]
        return {
            "self": f"{self.api}/statuscategory/{number}",
            "id": number,
            "key": key,
            "colorName": colour,
            "name": name,
        }

    def status(self, status_id: str) -> dict[str, Json]:
        status = self._site.catalogue.statuses[status_id]
        return {
            "self": f"{self.api}/status/{status.id}",
            "description": status.description,
            "iconUrl": f"{self._site.base_url}/images/icons/statuses/generic.png",
            "name": status.name,
            "id": status.id,
            "statusCategory": self.category(status.category),
        }

    def type(self, type_id: str) -> dict[str, Json]:
        kind = self._site.catalogue.types[type_id]
        return {
            "self": f"{self.api}/issuetype/{kind.id}",
            "id": kind.id,
            "description": kind.description,
            "iconUrl": f"{self._site.base_url}/images/icons/issuetypes/generic.png",
            "name": kind.name,
            "subtask": kind.subtask,
        }

    def priority(self, priority_id: str) -> dict[str, Json]:
        priority = self._site.catalogue.priorities[priority_id]
        return {
            "self": f"{self.api}/priority/{priority.id}",
            "iconUrl": f"{self._site.base_url}/images/icons/priorities/generic.svg",
            "name": priority.name,
            "id": priority.id,
        }

    def resolution(self, resolution_id: str) -> dict[str, Json]:
        resolution = self._site.catalogue.resolutions[resolution_id]
        return {
            "self": f"{self.api}/resolution/{resolution.id}",
            "id": resolution.id,
            "description": resolution.description,
            "name": resolution.name,
        }

    def project(self, project: Project) -> dict[str, Json]:
        return {
            "self": f"{self.api}/project/{project.id}",
            "id": str(project.id),
            "key": project.key,
            "name": project.name,
            "projectTypeKey": "software",
            "avatarUrls": {
                f"{s}x{s}": f"{self._site.base_url}/avatar?size={s}" for s in (48, 24, 16, 32)
            },
        }

    def field(self, field: Field) -> dict[str, Json]:
        shown: dict[str, Json] = {"id": field.id}
        if self._cloud:
            shown["key"] = field.id
        return shown | {
            "name": field.name,
            "custom": field.custom is not None,
            "orderable": field.orderable,
            "navigable": field.navigable,
            "searchable": field.searchable,
            "clauseNames": field.clause_names,
            "schema": field.schema,
        }

    def sprint(self, sprint: Sprint) -> dict[str, Json]:
        """As `/rest/agile/1.0/sprint/{id}` gives it (facts 7)."""
        shown: dict[str, Json] = {
            "id": sprint.id,
            "self": f"{self._site.base_url}/rest/agile/1.0/sprint/{sprint.id}",
            "state": sprint.state,
            "name": sprint.name,
        }
        times = {
            "startDate": sprint.start,
            "endDate": sprint.end,
            "completeDate": sprint.completed,
            "createdDate": sprint.created if self._cloud else None,
            "activatedDate": None if self._cloud else sprint.activated,
        }
        shown |= {name: self._sprint_time(moment) for name, moment in times.items() if moment}
        shown |= {"originBoardId": sprint.board, "goal": sprint.goal}
        if not self._cloud:
            shown |= {"synced": False, "autoStartStop": False}
        return shown

    def _sprint_time(self, moment: datetime) -> str:
        if not self._cloud:
            return self.time(moment)
        return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"

    def _sprint_value(self, sprint_id: int) -> Json:
        """One entry of the Sprint field: an object on Cloud, a Java object's text on Data Center (facts 7)."""
        sprint = self._site.sprints[sprint_id]
        if self._cloud:
            shown = {k: v for k, v in self.sprint(sprint).items() if k not in ("self", "createdDate")}
            return shown | {"boardId": shown.pop("originBoardId")}

        def said(moment: datetime | None) -> str:
            return self.time(moment) if moment else "<null>"

        return (
            f"com.atlassian.greenhopper.service.sprint.Sprint@{sprint.id * 7919:x}[id={sprint.id},"
            f"rapidViewId={sprint.board},state={sprint.state.upper()},name={sprint.name},"
            f"startDate={said(sprint.start)},endDate={said(sprint.end)},completeDate={said(sprint.completed)},"
            f"activatedDate={said(sprint.activated)},sequence={sprint.id},goal={sprint.goal},synced=false,"
            "autoStartStop=false,incompleteIssuesDestinationId=<null>]"
        )

    # --- texts, comments, worklogs, links ---------------------------------------------------------------------

    def text(self, body: Json) -> Json:
        """A long text in this version's form."""
        if body is None:
            return None
        if self.version == "3":
            return to_adf(body) if isinstance(body, str) else body
        return body if isinstance(body, str) else to_wiki(body)

    def comment(self, issue: Issue, comment: Comment, *, properties: bool = False) -> dict[str, Json]:
        shown: dict[str, Json] = {
            "self": f"{self.api}/issue/{issue.id}/comment/{comment.id}",
            "id": str(comment.id),
            "author": self.user(comment.author),
            "body": self.text(comment.body) or self.text(""),
            "updateAuthor": self.user(comment.update_author or comment.author),
            "created": self.time(comment.created),
            "updated": self.time(comment.updated),
        }
        shown = {name: value for name, value in shown.items() if value is not None}
        if comment.visibility:
            shown["visibility"] = comment.visibility
        if self._cloud:
            shown["jsdPublic"] = comment.public
        if properties:
            shown["properties"] = [{"key": k, "value": v} for k, v in comment.properties.items()]
        return shown

    def worklog(self, issue: Issue, entry: Worklog) -> dict[str, Json]:
        shown: dict[str, Json] = {
            "self": f"{self.api}/issue/{issue.id}/worklog/{entry.id}",
            "author": self.user(entry.author),
            "updateAuthor": self.user(entry.author),
            "comment": self.text(entry.comment),
            "created": self.time(entry.created),
            "updated": self.time(entry.updated),
            "started": self.time(entry.started),
            "timeSpent": f"{entry.seconds // 60}m",
            "timeSpentSeconds": entry.seconds,
            "id": str(entry.id),
            "issueId": str(issue.id),
        }
        return {name: value for name, value in shown.items() if value is not None}

    def remote_link(self, issue: Issue, link: RemoteLink) -> dict[str, Json]:
        shown: dict[str, Json] = {"id": link.id, "self": f"{self.api}/issue/{issue.key}/remotelink/{link.id}"}
        if link.global_id:
            shown["globalId"] = link.global_id
        return shown | {k: v for k, v in link.body.items() if k in ("application", "relationship", "object")}

    def link_type(self, type_id: str) -> dict[str, Json]:
        kind = self._site.catalogue.link_types[type_id]
        return {
            "id": kind.id,
            "name": kind.name,
            "inward": kind.inward,
            "outward": kind.outward,
            "self": f"{self.api}/issueLinkType/{kind.id}",
        }

    def stub(self, issue: Issue) -> dict[str, Json]:
        """An issue as it stands inside another: parent, sub-task, other end of a link."""
        fields = issue.fields
        return {
            "id": str(issue.id),
            "key": issue.key,
            "self": f"{self.api}/issue/{issue.id}",
            "fields": {
                "summary": fields.get("summary"),
                "status": self.status(fields["status"]),
                "priority": self.priority(fields["priority"]) if fields.get("priority") else None,
                "issuetype": self.type(fields["issuetype"]),
            },
        }

    def link(self, issue: Issue, link: Link) -> dict[str, Json]:
        """A link as `issue` shows it. The outward issue is the "from" side: it shows the other as `outwardIssue`'s
        counterpart, that is, under the words of `outward`."""
        other_id, end = (
            (link.inward, "outwardIssue") if issue.id == link.outward else (link.outward, "inwardIssue")
        )
        return {
            "id": str(link.id),
            "self": f"{self.api}/issueLink/{link.id}",
            "type": self.link_type(link.type),
            end: self.stub(self._site.issues[other_id]),
        }

    # --- histories --------------------------------------------------------------------------------------------

    def history(self, history: History, created: str | int | None = None) -> dict[str, Json]:
        shown: dict[str, Json] = {"id": str(history.id)}
        author = self.user(history.author)
        if author:
            shown["author"] = author
        items = history.items
        if not self._cloud:
            items = [{k: v for k, v in item.items() if k != "fieldId"} for item in items]
        shown |= {"created": self.time(history.created) if created is None else created, "items": items}
        return shown

    def history_texts(self, issue: Issue) -> list[str]:
        """The JSON of every history of the issue, oldest first, kept until the issue changes."""
        return self._kept(issue, "histories", lambda: [dumps(self.history(h)) for h in issue.histories])

    def changelog_text(self, issue: Issue) -> str:
        """What `expand=changelog` gives: Cloud newest first and cut, Data Center complete (facts 1.4)."""

        def build() -> str:
            texts = self.history_texts(issue)
            if self._cloud:
                texts = texts[::-1][: self._site.limits.expanded_changelog]
            total = issue.history_total
            return (
                f'{{"startAt":0,"maxResults":{len(texts) if self._cloud else total},"total":{total},'
                f'"histories":[{",".join(texts)}]}}'
            )

        return self._kept(issue, "changelog", build)

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
        parts = [
            f'"expand":"{EXPANDABLE}","id":"{issue.id}","self":"{self.api}/issue/{issue.id}",'
            f'"key":"{issue.key}"'
        ]
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
            pieces[field.id] = f"{dumps(field.id)}:{dumps(self.value(issue, field))}"
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
        elsewhere = [
            s for s in issue.fields.get("subtasks") or () if int(s["id"]) not in self._site.issues
        ]
        return [*elsewhere, *(self.stub(child) for child in here)]

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

    def _kept(self, issue: Issue, what: object, build: Callable[[], Json]) -> Json:
        """The cached piece, or a new one: caches are void when a word changed or the site has a new address."""
        site = self._site
        stamp = site.epoch, site.base_url
        if issue.cache.get("stamp") != stamp:
            issue.cache.clear()
            issue.cache["stamp"] = stamp
        place = self.version, what
        if place not in issue.cache:
            issue.cache[place] = build()
        return issue.cache[place]


class Selection:
    """Which fields were asked for: `*all`, `*navigable`, ids, and `-id` to leave one out."""

    def __init__(self, asked: Iterable[str], default: str) -> None:
        names = [name.strip() for text in asked for name in text.split(",") if name.strip()] or [default]
        self._out = frozenset(name[1:] for name in names if name.startswith("-"))
        self._in = tuple(name for name in names if not name.startswith("-")) or ("*all",)
        self._asked = (self._in, self._out)

    @property
    def none(self) -> bool:
        """Only the id or the key."""
        return set(self._in) <= {"id", "key", "issuekey"}

    @property
    def id_only(self) -> bool:
        return set(self._in) == {"id"}

    def of(self, fields: Mapping[str, Field]) -> list[Field]:
        """The fields themselves, in the site's order."""
        wanted = set(self._in)
        return [
            f
            for f in fields.values()
            if f.id not in self._out
            and ("*all" in wanted or f.id in wanted or (f.navigable and "*navigable" in wanted))
        ]

    def __hash__(self) -> int:
        return hash(self._asked)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Selection) and self._asked == other._asked


_COMPUTED: dict[str, Callable[[Presenter, Issue], Json]] = {
    "project": lambda p, i: p.project(p._site.projects[i.project]),
    "created": lambda p, i: p.time(i.created),
    "updated": lambda p, i: p.time(i.updated),
    "resolutiondate": lambda p, i: p.time(i.resolved) if i.resolved else None,
    "statusCategory": lambda p, i: p.category(p._site.catalogue.statuses[i.fields["status"]].category),
    "statuscategorychangedate": lambda p, i: p._category_changed(i),
    "parent": Presenter._parent,
    "subtasks": Presenter._subtasks,
    "issuelinks": Presenter._links,
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
