"""REST: remote links of an issue, all at once (facts/jira.md 1.5, 5.6)."""

from __future__ import annotations

from eal_jira.sandbox.people import LINK
from eal_jira.sandbox.rest import reading
from eal_jira.sandbox.rest.answers import Answer, Refusal, json_answer, nothing
from eal_jira.sandbox.rest.call import Call
from eal_jira.sandbox.state import Issue, Json, RemoteLink


def remote_links(call: Call) -> Answer:
    issue, wanted = call.issue(), call.query.get("globalId")
    if wanted:
        return json_answer(call.present.remote_link(issue, _by_global_id(issue, wanted)))
    return json_answer([call.present.remote_link(issue, link) for link in issue.remote_links])


def remote_link(call: Call) -> Answer:
    issue = call.issue()
    return json_answer(call.present.remote_link(issue, _by_id(call, issue)))


def save(call: Call) -> Answer:
    """Create or replace by global id: Cloud says 201 or 200, Data Center always 200 (facts 5.6)."""
    issue = call.issue(LINK)
    global_id, body = _given(call)
    made, new = call.write.remote_link(issue, global_id, body)
    path = f"{call.present.api}/issue/{issue.key}/remotelink/{made.id}"
    return json_answer({"id": made.id, "self": path}, 201 if new and call.cloud else 200)


def replace(call: Call) -> Answer:
    issue = call.issue(LINK)
    link = _by_id(call, issue)
    global_id, body = _given(call)
    call.write.edit_remote_link(issue, link, global_id, body)
    return nothing()


def delete(call: Call) -> Answer:
    issue = call.issue(LINK)
    call.write.delete_remote_link(issue, _by_id(call, issue))
    return nothing()


def delete_by_global_id(call: Call) -> Answer:
    issue, wanted = call.issue(LINK), call.query.get("globalId")
    if not wanted:
        raise Refusal(400, "The global ID is required.")
    call.write.delete_remote_link(issue, _by_global_id(issue, wanted))
    return nothing()


def _given(call: Call) -> tuple[str | None, dict[str, Json]]:
    target = reading.mapping(call.json, "object")
    if not all(isinstance(target.get(name), str) and target[name] for name in ("url", "title")):
        raise Refusal(400, errors={"object": "'url' and 'title' are required."})
    global_id = reading.maybe_text(call.json, "globalId")
    if global_id is not None and len(global_id) > call.site.limits.global_id:
        raise Refusal(400, errors={"globalId": f"At most {call.site.limits.global_id} characters."})
    return global_id, dict(call.json)


def _by_id(call: Call, issue: Issue) -> RemoteLink:
    """A number that is no link's, or another issue's link's, is told apart (spec, 400 and 404)."""
    given = call.params["link"]
    if not given.isdecimal():
        raise Refusal(400, f"The remote issue link ID '{given}' is not a valid number.")
    found = next((link for link in issue.remote_links if str(link.id) == given), None)
    if found is not None:
        return found
    if any(str(link.id) == given for other in call.site.issues.values() for link in other.remote_links):
        raise Refusal(400, f"The remote issue link with ID '{given}' does not belong to this issue.")
    raise Refusal(404, f"No remote issue link with ID '{given}' found.")


def _by_global_id(issue: Issue, wanted: str) -> RemoteLink:
    found = next((link for link in issue.remote_links if link.global_id == wanted), None)
    if found is None:
        raise Refusal(404, f"No remote issue link with global ID '{wanted}' found.")
    return found
