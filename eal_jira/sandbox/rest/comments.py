"""REST: comments of an issue (facts/jira.md 1.5, 5.3)."""

from __future__ import annotations

from eal_jira.sandbox.people import COMMENT, EDIT, PROJECT_ADMIN, SITE_ADMIN
from eal_jira.sandbox.rest import reading
from eal_jira.sandbox.rest.answers import Answer, Refusal, json_answer, nothing
from eal_jira.sandbox.rest.call import Call
from eal_jira.sandbox.rest.edits import check_property, read_properties
from eal_jira.sandbox.state import Comment, Issue, Json
from eal_jira.sandbox.values import Invalid, Reader


def comments(call: Call) -> Answer:
    """Cloud gives 100 at a time; Data Center gives all when `maxResults` is absent (facts 1.5)."""
    issue = call.issue()
    order = call.query.get("orderBy", "created").replace(" ", "+")
    if order.lstrip("+-") != "created":
        raise Refusal(400, f"The orderBy parameter '{order}' is not supported: only created, +created, -created.")
    most = call.site.limits.embedded_comments if call.cloud else max(len(issue.comments), 1)
    start, size = call.page(most, most)
    found = issue.comments[::-1] if order.startswith("-") else issue.comments
    shown = [_shown(call, issue, c) for c in found[start : start + size]]
    page = {"startAt": start, "maxResults": size, "total": len(issue.comments), "comments": shown}
    return json_answer(page)


def comment(call: Call) -> Answer:
    issue = call.issue()
    return json_answer(_shown(call, issue, _find(call, issue)))


def comment_list(call: Call) -> Answer:
    """By id, whatever issue they belong to; what can't be seen is absent (facts 1.5)."""
    wanted = reading.numbers(call.json, "ids", call.site.limits.comment_list)
    shown = []
    for each in wanted:
        issue = call.site.issues.get(call.site.comments.get(each, -1))
        if issue is not None and call.site.sees(call.account, issue):
            found = next(c for c in issue.comments if c.id == each)
            shown.append(_shown(call, issue, found))
    page = {"startAt": 0, "maxResults": len(wanted), "total": len(shown), "isLast": True, "values": shown}
    return json_answer(page)


def add(call: Call) -> Answer:
    issue = call.issue(COMMENT)
    if len(issue.comments) >= call.site.limits.comments_per_issue:
        raise Refusal(413, "The per-issue limit of comments has been reached.")
    body = _body(call, issue)
    made = call.write.comment(issue, body, _properties(call), reading.mapping(call.json, "visibility"))
    return json_answer(_shown(call, issue, made), 201)


def edit(call: Call) -> Answer:
    issue = call.issue()
    found = _find(call, issue)
    _require_own(call, issue, found, "EDIT")
    body = _body(call, issue)
    if not call.flag("notifyUsers", True) and not call.cloud:
        administrator = call.may(PROJECT_ADMIN, issue.project) or call.may(SITE_ADMIN, None)
        if not administrator:
            raise Refusal(403, "To discard the user notification admin permissions are required.")
    call.write.edit_comment(issue, found, body, _properties(call))
    return json_answer(_shown(call, issue, found))


def delete(call: Call) -> Answer:
    issue = call.issue()
    found = _find(call, issue)
    _require_own(call, issue, found, "DELETE")
    call.write.delete_comment(issue, found)
    return nothing()


def _require_own(call: Call, issue: Issue, comment: Comment, deed: str) -> None:
    """`deed` is "EDIT" or "DELETE": one's own comments, or all."""
    if call.may(f"{deed}_ALL_COMMENTS", issue.project):
        return
    if comment.author != call.user.id or not call.may(f"{deed}_OWN_COMMENTS", issue.project):
        raise Refusal(400, f"You do not have permission to {deed.lower()} comment with id: {comment.id}")


# --- comment properties ---------------------------------------------------------------------------------------


def _by_id(call: Call) -> tuple[Issue, Comment]:
    number = call.params["comment"]
    issue = call.site.issues.get(call.site.comments.get(int(number), -1)) if number.isdecimal() else None
    if issue is None or not call.site.sees(call.account, issue):
        raise Refusal(404, f"Can not find a comment for the id: {number}.")
    return issue, next(c for c in issue.comments if c.id == int(number))


def properties(call: Call) -> Answer:
    _, found = _by_id(call)
    path = f"{call.present.api}/comment/{found.id}/properties"
    return json_answer({"keys": [{"self": f"{path}/{key}", "key": key} for key in found.properties]})


def get_property(call: Call) -> Answer:
    _, found = _by_id(call)
    key = call.params["key"]
    if key not in found.properties:
        raise Refusal(404, f"Property with key '{key}' does not exist.")
    return json_answer({"key": key, "value": found.properties[key]})


def set_property(call: Call) -> Answer:
    issue, found = _by_id(call)
    call.require(EDIT, issue.project)
    check_property(call, call.params["key"], call.value)
    return Answer(201 if call.write.comment_property(issue, found, call.params["key"], call.value) else 200)


# --- shared ---------------------------------------------------------------------------------------------------


def _find(call: Call, issue: Issue) -> Comment:
    number = call.params["comment"]
    found = next((c for c in issue.comments if str(c.id) == number), None)
    if found is None:
        raise Refusal(404, f"Can not find a comment for the id: {number}.")
    return found


def _shown(call: Call, issue: Issue, comment: Comment) -> dict[str, Json]:
    wanted = "properties" in call.words("expand")
    return call.present.comment(issue, comment, properties=wanted)


def _body(call: Call, issue: Issue) -> Json:
    body = read_text(call, issue, call.json.get("body"))
    if body is None:
        raise Refusal(400, errors={"comment": "Comment body can not be empty!"})
    return body


def read_text(call: Call, issue: Issue, value: Json) -> Json:
    """A long text from a request, checked; 400 when it can't be one."""
    reader = Reader(call.site, call.site.projects[issue.project], call.version)
    try:
        return reader.rich_text("comment", value)
    except Invalid as problem:
        raise Refusal(400, errors={problem.field_id: problem.message}) from None


def _properties(call: Call) -> dict[str, Json]:
    return read_properties(call, reading.entries(call.json, "properties"))
