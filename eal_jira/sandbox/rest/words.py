"""REST: the site and its words: server, caller, permissions, fields, statuses, projects, create screens."""

from __future__ import annotations

from datetime import UTC, datetime

from eal_jira.sandbox.people import BROWSE, CREATE, PERMISSIONS, PROJECT_ADMIN
from eal_jira.sandbox.rest import reading
from eal_jira.sandbox.rest.answers import Answer, Refusal, json_answer
from eal_jira.sandbox.rest.call import Call
from eal_jira.sandbox.rest.screens import field_meta, screen
from eal_jira.sandbox.state import Json, Project, Status

DC_VERSION = (10, 3, 24)
CLOUD_VERSION = (1001, 0, 0)
_MOST_CHECKED = 1000


def server_info(call: Call) -> Answer:
    """Open to everyone; tells the flavour apart (Cloud says "Cloud", Data Center "Server")."""
    site = call.site
    numbers = CLOUD_VERSION if call.cloud else DC_VERSION
    version = "1001.0.0-SNAPSHOT" if call.cloud else ".".join(map(str, DC_VERSION))
    info: dict[str, Json] = {
        "baseUrl": site.base_url,
        "version": version,
        "versionNumbers": list(numbers),
        "deploymentType": "Cloud" if call.cloud else "Server",
        "buildNumber": 100_300 if call.cloud else 10_030_024,
        "buildDate": call.present.time(datetime(2025, 12, 1, tzinfo=UTC)),
        "serverTime": call.present.time(site.clock.now()),
        "scmInfo": "0" * 40,
        "serverTitle": site.title,
    }
    if call.cloud:
        info |= {"displayUrl": site.base_url, "serverTimeZone": str(site.time_zone)}
    return json_answer(info)


def tenant_info(call: Call) -> Answer:
    return json_answer({"cloudId": call.site.cloud_id})


def myself(call: Call) -> Answer:
    account = call.present.account(call.user)
    account["emailAddress"] = call.user.email
    account["locale"] = "en_US"
    if "groups" in call.words("expand"):
        names = sorted(call.user.groups)
        account["groups"] = {"size": len(names), "items": [{"name": name} for name in names]}
    return json_answer(account)


def user(call: Call) -> Answer:
    call.user  # noqa: B018 – anonymous callers see nobody
    return json_answer(call.present.account(call.person("key")))


def group_members(call: Call) -> Answer:
    call.user  # noqa: B018 – anonymous callers see nobody
    name = call.query.get("groupname", "")
    members = [a for a in call.site.people.accounts.values() if name in a.groups]
    if not members:
        raise Refusal(404, f"Group '{name}' does not exist.")
    start, size = call.page(50, 50)
    return json_answer(_page(call, [call.present.account(m) for m in members], start, size))


def my_permissions(call: Call) -> Answer:
    """Global answers say yes if any project grants it; Cloud wants to be told which ones (facts 4)."""
    wanted = call.words("permissions")
    if call.cloud and not wanted:
        raise Refusal(400, "The 'permissions' query parameter is required.")
    unknown = sorted(set(wanted) - set(PERMISSIONS))
    if unknown:
        raise Refusal(400, f"Unrecognized permission: {', '.join(unknown)}")
    projects: list[int | None] = [p.id for p in call.site.projects.values()] or [None]
    if call.query.get("projectKey") or call.query.get("projectId"):
        projects = [call.project(call.query.get("projectKey") or call.query["projectId"]).id]
    elif call.query.get("issueKey") or call.query.get("issueId"):
        issue = call.visible(call.query.get("issueKey") or call.query["issueId"])
        if issue is None:
            raise Refusal(404, "Issue does not exist or you do not have permission to see it.")
        projects = [issue.project]
    answers = {
        name: {
            "id": str(number),
            "key": name,
            "name": name.replace("_", " ").capitalize(),
            "type": "GLOBAL" if name == "ADMINISTER" else "PROJECT",
            "description": "",
            "havePermission": any(call.may(name, project) for project in projects),
        }
        for number, name in enumerate(PERMISSIONS, start=1)
        if not wanted or name in wanted
    }
    return json_answer({"permissions": answers})


def check_permissions(call: Call) -> Answer:
    """For many projects and issues at once, by numeric id; unknown ones are left out (facts 4)."""
    shown = []
    for asked in reading.entries(call.json, "projectPermissions"):
        projects = [int(p) for p in reading.strings(asked, "projects") if p.isdecimal()]
        issues = [i for n in reading.strings(asked, "issues") if n.isdecimal() and (i := call.visible(n))]
        if len(projects) > _MOST_CHECKED or len(issues) > _MOST_CHECKED:
            raise Refusal(400, f"At most {_MOST_CHECKED} projects and {_MOST_CHECKED} issues can be checked.")
        for name in reading.strings(asked, "permissions"):
            shown.append(
                {
                    "permission": name,
                    "projects": [p for p in projects if p in call.site.projects and call.may(name, p)],
                    "issues": [i.id for i in issues if call.may(name, i.project)],
                }
            )
    everywhere = [name for name in reading.strings(call.json, "globalPermissions") if call.may(name, None)]
    return json_answer({"projectPermissions": shown, "globalPermissions": everywhere})


# --- words ----------------------------------------------------------------------------------------------------


def fields(call: Call) -> Answer:
    return json_answer([call.present.field(field) for field in call.site.fields])


def statuses(call: Call) -> Answer:
    return json_answer([call.present.status(s) for s in call.site.catalogue.statuses])


def status(call: Call) -> Answer:
    wanted = call.params["status"]
    for each in call.site.catalogue.statuses.values():
        if wanted in (each.id, each.name):
            return json_answer(call.present.status(each.id))
    raise Refusal(404, f"The status with the id '{wanted}' does not exist")


_CATEGORY_WORDS = {"new": "TODO", "indeterminate": "IN_PROGRESS", "done": "DONE"}


def _bulk_status(status: Status) -> dict[str, Json]:
    return {
        "id": status.id,
        "name": status.name,
        "statusCategory": _CATEGORY_WORDS.get(status.category, "TODO"),
        "scope": {"type": "GLOBAL"},
        "description": status.description,
    }


def statuses_by_id(call: Call) -> Answer:
    """Cloud's newer form: `?id=` once for each."""
    known = call.site.catalogue.statuses
    wanted = call.query.getlist("id")
    if not 1 <= len(wanted) <= 50:
        raise Refusal(400, "The parameter 'id' is needed 1 to 50 times.")
    return json_answer([_bulk_status(known[i]) for i in wanted if i in known])


def statuses_search(call: Call) -> Answer:
    text, category = call.query.get("searchString", "").casefold(), call.query.get("statusCategory")
    found = [_bulk_status(s) for s in call.site.catalogue.statuses.values() if text in s.name.casefold()]
    found = [s for s in found if category in (None, s["statusCategory"])]
    start, size = call.page(200, 200)
    return json_answer(_page(call, found, start, size))


def status_categories(call: Call) -> Answer:
    return json_answer([call.present.category(key) for key in ("undefined", "new", "indeterminate", "done")])


def issue_types(call: Call) -> Answer:
    return json_answer([call.present.type(t) for t in call.site.catalogue.types])


def priorities(call: Call) -> Answer:
    return json_answer([call.present.priority(p) for p in call.site.catalogue.priorities])


def resolutions(call: Call) -> Answer:
    return json_answer([call.present.resolution(r) for r in call.site.catalogue.resolutions])


def link_types(call: Call) -> Answer:
    known = call.site.catalogue.link_types
    return json_answer({"issueLinkTypes": [call.present.link_type(t) for t in known]})


# --- projects -------------------------------------------------------------------------------------------------


def _seen(call: Call, states: tuple[str, ...] = ("live",)) -> list[Project]:
    projects = [p for p in call.site.projects.values() if p.state in states]
    return [p for p in projects if call.site.people.allows(call.account, BROWSE, p.id)]


def projects(call: Call) -> Answer:
    return json_answer([call.present.project(p) for p in _seen(call)])


def project_search(call: Call) -> Answer:
    states = tuple(call.words("status")) or ("live",)
    keys = call.words("keys")
    found = [p for p in _seen(call, states) if not keys or p.key in keys]
    insight = "insight" in call.words("expand")
    shown = []
    for project in sorted(found, key=lambda p: p.key):
        entry = call.present.project(project)
        if insight:
            issues = [call.site.issues[i] for i in project.issues]
            entry["insight"] = {"totalIssueCount": len(issues)}
            if issues:
                latest = max(issue.updated for issue in issues)
                entry["insight"]["lastIssueUpdateTime"] = call.present.time(latest)
        shown.append(entry)
    start, size = call.page(50, 100)
    return json_answer(_page(call, shown, start, size))


def project(call: Call) -> Answer:
    found = call.project(call.params["project"])
    shown = call.present.project(found)
    shown["issueTypes"] = [call.present.type(t) for t in found.types]
    shown["components"] = [
        {**part, "self": f"{call.present.api}/component/{part['id']}"} for part in found.components.values()
    ]
    shown["versions"] = [
        {**part, "self": f"{call.present.api}/version/{part['id']}"} for part in found.versions.values()
    ]
    lead = call.present.user(found.lead)
    if lead:
        shown["lead"] = lead
    return json_answer(shown)


def project_statuses(call: Call) -> Answer:
    found = call.project(call.params["project"])
    shown = [call.present.status(s) for s in found.statuses]
    types = [call.present.type(t) for t in found.types]
    return json_answer([{n: t[n] for n in ("self", "id", "name", "subtask")} | {"statuses": shown} for t in types])


# --- create screens -------------------------------------------------------------------------------------------


def create_types(call: Call) -> Answer:
    """Cloud wraps in `issueTypes`, Data Center in `values`; the latter says 400 to who may not create (facts 5.4)."""
    found = call.project(call.params["project"])
    types = list(found.types)
    if not call.may(CREATE, found.id):
        if not call.cloud:
            raise Refusal(400, "You do not have permission to create issues in this project.")
        types = []
    shown = [call.present.type(t) for t in types]
    return json_answer(_create_page(call, "issueTypes", shown))


def create_fields(call: Call) -> Answer:
    found = call.project(call.params["project"])
    if call.params["type"] not in found.types or not call.may(CREATE, found.id):
        raise Refusal(400, "The issue type is not available in this project, or you may not create issues.")
    shown = [
        field_meta(call, found, field, call.params["type"])
        for field in screen(call.site, found, "create", administrator=call.may(PROJECT_ADMIN, found.id))
    ]
    return json_answer(_create_page(call, "fields", shown))


def _create_page(call: Call, name: str, entries: list[Json]) -> dict[str, Json]:
    start, size = call.page(50, 200)
    shown = entries[start : start + size]
    page = {"startAt": start, "maxResults": size, "total": len(entries)}
    if call.cloud:
        return page | {name: shown}
    return page | {"isLast": start + len(shown) >= len(entries), "values": shown}


def _page(call: Call, entries: list[Json], start: int, size: int) -> dict[str, Json]:
    shown = entries[start : start + size]
    return {
        "startAt": start,
        "maxResults": size,
        "total": len(entries),
        "isLast": start + len(shown) >= len(entries),
        "values": shown,
    }
