"""REST: properties of users and projects (the operations of that name in both OpenAPI documents).

Who may write to a user's own record differs: on Cloud the user may, on Data Center only who administers users.
"""

from __future__ import annotations

from eal_jira.sandbox.people import PROJECT_ADMIN, SITE_ADMIN, Account
from eal_jira.sandbox.rest.answers import Answer, Refusal, json_answer, nothing
from eal_jira.sandbox.rest.call import Call
from eal_jira.sandbox.rest.edits import check_property
from eal_jira.sandbox.state import Json, Project


def of_user(call: Call) -> Answer:
    return _shown(call, _user(call, writes=False).properties)


def set_of_user(call: Call) -> Answer:
    return _set(call, _user(call, writes=True).properties)


def delete_of_user(call: Call) -> Answer:
    return _deleted(call, _user(call, writes=True).properties)


def of_project(call: Call) -> Answer:
    return _shown(call, call.project(call.params["project"]).properties)


def set_of_project(call: Call) -> Answer:
    return _set(call, _administered(call).properties)


def delete_of_project(call: Call) -> Answer:
    return _deleted(call, _administered(call).properties)


def _user(call: Call, *, writes: bool) -> Account:
    call.user  # noqa: B018 – anonymous callers have no record
    if call.cloud and "accountId" not in call.query:
        raise Refusal(400, "The accountId query parameter is required.")
    found = call.person("userKey")
    own = found is call.account and (call.cloud or not writes)
    if not own and not call.may(SITE_ADMIN, None):
        raise Refusal(403, "You do not have the permission to see or change this user's properties.")
    return found


def _administered(call: Call) -> Project:
    project = call.project(call.params["project"])
    call.require(PROJECT_ADMIN, project.id)
    return project


def _shown(call: Call, there: dict[str, Json]) -> Answer:
    key = call.params["key"]
    if key not in there:
        raise Refusal(404, f"Property with key '{key}' does not exist.")
    return json_answer({"key": key, "value": there[key]})


def _set(call: Call, there: dict[str, Json]) -> Answer:
    """201 when it is new, 200 when it was replaced (facts 5.2)."""
    key = call.params["key"]
    check_property(call, key, call.value)
    new = key not in there
    there[key] = call.value
    return Answer(201 if new else 200)


def _deleted(call: Call, there: dict[str, Json]) -> Answer:
    key = call.params["key"]
    if there.pop(key, None) is None:
        raise Refusal(404, f"Property with key '{key}' does not exist.")
    return nothing()
