"""REST: one issue: read, create, edit, transitions, properties, links (facts/jira.md 1.4, 5)."""

from __future__ import annotations

from eal_jira.sandbox.people import EDIT, LINK, PROJECT_ADMIN, SITE_ADMIN, TRANSITION
from eal_jira.sandbox.plainjson import dumps, named
from eal_jira.sandbox.rest import reading
from eal_jira.sandbox.rest.answers import NOT_SEEN, Answer, Refusal, json_answer, nothing, raw_answer
from eal_jira.sandbox.rest.call import Call
from eal_jira.sandbox.rest.comments import read_text
from eal_jira.sandbox.rest.edits import Change, check_property, read_create, read_edit
from eal_jira.sandbox.rest.screens import field_meta, screen
from eal_jira.sandbox.rest.selection import Selection
from eal_jira.sandbox.state import Issue, Json, Transition


def get(call: Call) -> Answer:
    issue = call.issue()
    text = call.present.issue_text(
        issue,
        fields=Selection([call.query.get("fields", "")], "*all"),
        expand=call.words("expand"),
        properties=call.words("properties"),
    )
    if "transitions" in call.words("expand"):
        shown = [_transition(call, t) for t in available(call, issue)]
        text = f'{text[:-1]},"transitions":{dumps(shown)}}}'
    return raw_answer(text)


def changelog(call: Call) -> Answer:
    """Cloud only: oldest first, at most 100 a page (facts 1.4)."""
    issue = call.issue()
    start, size = call.page(call.site.limits.changelog_page, call.site.limits.changelog_page)
    texts = call.present.history_texts(issue)
    shown = texts[start : start + size]
    path = f"{call.present.api}/issue/{issue.id}/changelog"
    last = start + len(shown) >= len(texts)
    head = {"self": f"{path}?maxResults={size}&startAt={start}", "maxResults": size, "startAt": start}
    if not last:
        head["nextPage"] = f"{path}?maxResults={size}&startAt={start + size}"
    head |= {"total": issue.history_total, "isLast": last}
    return raw_answer(f'{dumps(head)[:-1]},"values":[{",".join(shown)}]}}')


def create(call: Call) -> Answer:
    change = read_create(call, call.json)
    issue = _created(call, change)
    return json_answer(_reference(call, issue), 201)


def create_bulk(call: Call) -> Answer:
    """201 when at least one worked (facts 5.5)."""
    given = reading.entries(call.json, "issueUpdates")
    if not given:
        raise Refusal(400, "issueUpdates must not be empty.")
    if len(given) > call.site.limits.bulk_create:
        raise Refusal(400, f"At most {call.site.limits.bulk_create} issues can be created at once.")
    issues, errors = [], []
    for number, each in enumerate(given):
        try:
            issues.append(_reference(call, _created(call, read_create(call, each))))
        except Refusal as refusal:
            elements = {"errorMessages": list(refusal.messages), "errors": refusal.errors}
            errors.append({"status": 400, "elementErrors": elements, "failedElementNumber": number})
    return json_answer({"issues": issues, "errors": errors}, 201 if issues else 400)


def _created(call: Call, change: Change) -> Issue:
    issue = call.write.create(change.project, change.values)
    for key, value in change.properties.items():
        call.write.property(issue, key, value)
    return issue


def _reference(call: Call, issue: Issue) -> dict[str, Json]:
    return {"id": str(issue.id), "key": issue.key, "self": f"{call.present.api}/issue/{issue.id}"}


def edit(call: Call) -> Answer:
    """Fields, verbs and properties in one go; anything wrong refuses all of it (facts 5.1)."""
    issue = call.issue(EDIT)
    change = read_edit(call, issue, call.json)
    if not call.flag("notifyUsers", True) and not _may_be_silent(call, issue):
        if not call.cloud:
            raise Refusal(403, "To discard the user notification admin permissions are required.")
        return nothing()
    call.write.edit(issue, change.values)
    for key, value in change.properties.items():
        call.write.property(issue, key, value)
    if change.comment is not None:
        call.write.comment(issue, change.comment, {})
    if call.cloud and call.flag("returnIssue", False):
        return raw_answer(call.present.issue_text(issue, fields=Selection([], "*all")))
    return nothing()


def _may_be_silent(call: Call, issue: Issue) -> bool:
    return call.may(PROJECT_ADMIN, issue.project) or call.may(SITE_ADMIN, None)


def edit_meta(call: Call) -> Answer:
    issue = call.issue()
    project = call.site.projects[issue.project]
    fields: dict[str, Json] = {}
    if call.may(EDIT, project.id):
        administrator = call.may(PROJECT_ADMIN, project.id)
        for field in screen(call.site, project, "edit", administrator=administrator):
            fields[field.id] = field_meta(call, project, field, issue.fields["issuetype"])
            if call.cloud:
                del fields[field.id]["fieldId"]
    return json_answer({"fields": fields})


def delete(call: Call) -> Answer:
    issue = call.issue("DELETE_ISSUES")
    if issue.children and not call.flag("deleteSubtasks", False):
        raise Refusal(400, f"The issue '{issue.key}' has subtasks. You must specify 'deleteSubtasks'.")
    for child in list(issue.children):
        call.write.delete(call.site.issues[child])
    call.write.delete(issue)
    return nothing()


# --- transitions ----------------------------------------------------------------------------------------------


def available(call: Call, issue: Issue) -> list[Transition]:
    """What the caller could do with the issue now; a project that a record brought allows every status."""
    if not call.may(TRANSITION, issue.project):
        return []
    project, here = call.site.projects[issue.project], issue.fields["status"]
    known = project.transitions or [
        Transition(str(number * 10 + 1), call.site.catalogue.statuses[status].name, None, status)
        for number, status in enumerate(project.statuses, start=1)
    ]
    return [t for t in known if t.source == here or (t.source is None and t.target != here)]


def transitions(call: Call) -> Answer:
    issue = call.issue()
    shown = [_transition(call, t) for t in available(call, issue) if call.query.get("transitionId") in (None, t.id)]
    return json_answer({"expand": "transitions", "transitions": shown})


def _transition(call: Call, transition: Transition) -> dict[str, Json]:
    shown: dict[str, Json] = {
        "id": transition.id,
        "name": transition.name,
        "to": call.present.status(transition.target),
    }
    if call.cloud:
        shown |= {
            "hasScreen": False,
            "isGlobal": transition.source is None,
            "isInitial": False,
            "isAvailable": True,
            "isConditional": False,
            "looped": False,
        }
    if "transitions.fields" in call.query.get("expand", ""):
        shown["fields"] = {}
    return shown


def do_transition(call: Call) -> Answer:
    """A wrong id is a 400 on Cloud and a 500 on Data Center (facts 5.5). No field stands on a transition's screen."""
    issue = call.issue()
    wanted = named(call.json.get("transition"))
    if not wanted:
        raise Refusal(400, errors={"transition": "Transition id is required."})
    found = next((t for t in available(call, issue) if t.id == wanted), None)
    if found is None:
        call.user  # noqa: B018 – anonymous callers get 401
        if not call.cloud:
            raise Refusal(
                500,
                f"It seems that you have tried to perform a workflow operation ({wanted}) "
                "that is not valid for the current state of this issue.",
            )
        raise Refusal(400, f"Transition id '{wanted}' is not valid for this issue.")
    for part in "fields", "update":
        for name in reading.mapping(call.json, part):
            if name != "comment":
                raise Refusal(400, errors={name: _not_on_screen(name)})
    call.write.transition(issue, found.target)
    return nothing()


def _not_on_screen(name: str) -> str:
    return f"Field '{name}' cannot be set. It is not on the appropriate screen, or unknown."


# --- properties -----------------------------------------------------------------------------------------------


def properties(call: Call) -> Answer:
    issue = call.issue()
    path = f"{call.present.api}/issue/{issue.id}/properties"
    return json_answer({"keys": [{"self": f"{path}/{key}", "key": key} for key in issue.properties]})


def get_property(call: Call) -> Answer:
    issue, key = call.issue(), call.params["key"]
    if key not in issue.properties:
        raise Refusal(404, f"Property with key '{key}' does not exist.")
    return json_answer({"key": key, "value": issue.properties[key]})


def set_property(call: Call) -> Answer:
    """201 when it is new, 200 when it was replaced (facts 5.2)."""
    issue, key = call.issue(EDIT), call.params["key"]
    check_property(call, key, call.value)
    return Answer(201 if call.write.property(issue, key, call.value) else 200)


def delete_property(call: Call) -> Answer:
    issue, key = call.issue(EDIT), call.params["key"]
    if key not in issue.properties:
        raise Refusal(404, f"Property with key '{key}' does not exist.")
    call.write.delete_property(issue, key)
    return nothing()


# --- links ----------------------------------------------------------------------------------------------------


def link(call: Call) -> Answer:
    """201 without a body; the outward issue is the "from" side; a duplicate is no error (facts 5.6)."""
    wanted = named(call.json.get("type"))
    types = call.site.catalogue.link_types.values()
    type_id = next((t.id for t in types if wanted in (t.id, t.name)), None)
    if type_id is None:
        raise Refusal(404, f"No issue link type with name '{wanted}' found.")
    text = reading.mapping(call.json, "comment").get("body")
    ends = {name: _link_end(call, name) for name in ("outwardIssue", "inwardIssue")}
    call.require(LINK, ends["outwardIssue"].project)
    for issue in ends.values():
        if len(issue.links) >= call.site.limits.links_per_issue:
            raise Refusal(413, "The per-issue limit of links has been reached.")
    body = read_text(call, ends["outwardIssue"], text)
    call.write.link(type_id, ends["outwardIssue"], ends["inwardIssue"])
    if body is not None:
        call.write.comment(ends["outwardIssue"], body, {})
    return Answer(201)


def _link_end(call: Call, name: str) -> Issue:
    issue = call.visible(named(call.json.get(name)))
    if issue is None:
        raise Refusal(404, NOT_SEEN)
    return issue
