"""What the site holds, in Jira's JSON: people, words, sprints, texts, comments, links, histories (facts/jira.md)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from eal_jira.sandbox.catalogue import CATEGORIES
from eal_jira.sandbox.fields import Field
from eal_jira.sandbox.people import Account
from eal_jira.sandbox.state import Attachment, Comment, Issue, Json, Link, Project, RemoteLink, Sprint, Worklog
from eal_jira.sandbox.text.wiki import to_adf, to_wiki

if TYPE_CHECKING:
    from eal_jira.sandbox.site import Site


class Shapes:
    """Writes for one REST version, "2" or "3". Cheap to make."""

    def __init__(self, site: Site, version: str) -> None:
        self._site: Site = site
        self.version = version
        self._cloud = site.flavour == "cloud"
        self.api: str = f"{site.base_url}/rest/api/{version}"

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
            "avatarUrls": {f"{s}x{s}": f"{self._site.base_url}/avatar?size={s}" for s in (48, 24, 16, 32)},
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
            "avatarUrls": {f"{s}x{s}": f"{self._site.base_url}/avatar?size={s}" for s in (48, 24, 16, 32)},
        }

    def field(self, field: Field) -> dict[str, Json]:
        shown: dict[str, Json] = {"id": field.id}
        if self._cloud:
            shown["key"] = field.id
        shown |= {
            "name": field.name,
            "custom": field.custom is not None,
            "orderable": field.orderable,
            "navigable": field.navigable,
            "searchable": field.searchable,
            "clauseNames": field.clause_names,
        }
        return shown | ({"schema": field.schema} if field.type else {})

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

    def attachment(self, attachment: Attachment) -> dict[str, Json]:
        return {
            "self": f"{self.api}/attachment/{attachment.id}",
            # text on Cloud and on Data Center alike, though some documents show a number
            "id": str(attachment.id),
            "filename": attachment.name,
            "author": self.user(attachment.author),
            "created": self.time(attachment.created),
            "size": len(attachment.content),
            "mimeType": attachment.media_type,
            "content": f"{self.api}/attachment/content/{attachment.id}",
        }

    def comment(self, issue: Issue, comment: Comment, *, properties: bool = False) -> dict[str, Json]:
        shown: dict[str, Json] = {
            "self": f"{self.api}/issue/{issue.id}/comment/{comment.id}",
            "id": str(comment.id),
            "author": self.user(comment.author),
            "body": self.text(comment.body),
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
            "updateAuthor": self.user(entry.update_author or entry.author),
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
        told = {name: link.body.get(name) for name in ("application", "relationship", "object")}
        return shown | {name: value for name, value in told.items() if value is not None}

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
        """A link as `issue` shows it: the "from" side has the other end as `outwardIssue` ("blocks"), the other side
        has it as `inwardIssue` ("is blocked by")."""
        other_id, end = (link.inward, "outwardIssue") if issue.id == link.outward else (link.outward, "inwardIssue")
        return {
            "id": str(link.id),
            "self": f"{self.api}/issueLink/{link.id}",
            "type": self.link_type(link.type),
            end: self.stub(self._site.issues[other_id]),
        }
