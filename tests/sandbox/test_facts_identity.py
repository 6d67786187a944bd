"""Who am I, may I: facts/jira.md 4; each test is one fact."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest
import requests

from eal_jira.sandbox import Create, Person, Site
from tests.sandbox.conftest import Connect
from tests.sandbox.support import START, small_site


def one(flavour: str) -> Site:
    site = small_site(flavour)
    site.perform(Create(START, "ada", "PAY-1", "Story", "x"))
    return site


def test_server_info_tells_the_flavours_apart_and_needs_no_login(connect: Connect, flavour: str) -> None:
    info = connect(one(flavour), None).get("serverInfo")
    assert info["deploymentType"] == ("Cloud" if flavour == "cloud" else "Server")
    assert datetime.fromisoformat(info["serverTime"]) == START


def test_myself_names_the_account_its_way(connect: Connect, flavour: str) -> None:
    site = small_site(flavour)
    site.add_person(Person("712020:x", "Grace Hopper", "America/New_York"))
    me = connect(site, "712020:x").get("myself")
    assert me["timeZone"] == "America/New_York"
    if flavour == "cloud":
        assert me["accountId"] == "712020:x"
        assert not {"name", "key"} & set(me)
    else:
        assert (me["key"], me["name"]) == ("712020:x", "grace.hopper")
        assert "accountId" not in me


@pytest.mark.parametrize("path", ["myself", "issue/PAY-1", "issue/PAY-99", "field"])
def test_every_answer_says_who_asked_and_what_time_it_is(connect: Connect, flavour: str, path: str) -> None:
    site = one(flavour)
    header = {"cloud": "X-AAccountId", "datacenter": "X-AUSERNAME"}[flavour]
    known, anonymous = (connect(site, who)("GET", path).headers for who in ("bot", None))
    assert known[header] == {"cloud": "bot", "datacenter": "eal.bot"}[flavour]
    assert anonymous.get(header) == {"cloud": None, "datacenter": "anonymous"}[flavour]
    assert parsedate_to_datetime(known["Date"]) == START
    assert known["X-Arequestid"] != anonymous["X-Arequestid"]


@pytest.mark.parametrize("path", ["myself", "issue/PAY-1", "serverInfo"])
def test_a_wrong_credential_is_refused_everywhere(connect: Connect, flavour: str, path: str) -> None:
    site = one(flavour)
    client = connect(site)
    site.revoke_token("bot")
    answer = client("GET", path)
    assert answer.status_code == 401
    assert answer.headers["X-Seraph-LoginReason"] == "AUTHENTICATED_FAILED"
    site.restore_token("bot")
    assert client("GET", path).status_code == 200


def test_a_broken_credential_can_read_as_anonymous(connect: Connect, flavour: str) -> None:
    """The anonymous fallback: 200 with nothing in it, without our name (trap 1)."""
    site = one(flavour)
    client = connect(site)
    site.revoke_token("bot")
    site.anonymous_fallback = True
    path = "search/jql" if flavour == "cloud" else "search"
    answer = client("GET", path, params={"jql": "project = PAY"})
    assert (answer.status_code, answer.json()["issues"]) == (200, [])
    assert answer.headers.get("X-AAccountId") is None
    assert answer.headers.get("X-AUSERNAME") in (None, "anonymous")
    assert client("GET", "myself").status_code == 401


def test_an_anonymous_caller_sees_nothing_and_writes_nothing(connect: Connect, flavour: str) -> None:
    site = one(flavour)
    client = connect(site, None)
    assert client.get("project") == []
    assert client("GET", "issue/PAY-1").status_code == 404
    assert client("GET", "myself").status_code == 401
    assert client("POST", "issue", json={"fields": {}}).status_code == 401
    assert site.journal[1:] == []


def test_after_several_failures_only_a_captcha_helps(connect: Connect) -> None:
    site = one("cloud")
    client = connect(site)
    email, token = site.credentials("bot")
    for _ in range(site.limits.failed_logins):
        answer = requests.get(client.url + "/rest/api/3/myself", auth=(str(email), "wrong"), timeout=10)
        assert answer.status_code == 401
    denied = requests.get(client.url + "/rest/api/3/myself", auth=(str(email), token), timeout=10)
    assert denied.status_code == 403
    assert denied.headers["X-Authentication-Denied-Reason"].startswith("CAPTCHA_CHALLENGE")
    assert denied.headers["X-Seraph-LoginReason"] == "AUTHENTICATION_DENIED"


def test_personal_access_tokens_never_lead_to_a_captcha(connect: Connect) -> None:
    site = one("datacenter")
    client = connect(site)
    wrong = {"Authorization": "Bearer wrong"}
    answers = [requests.get(client.url + "/rest/api/2/myself", headers=wrong, timeout=10) for _ in range(20)]
    assert {a.status_code for a in answers} == {401}
    assert client("GET", "myself").status_code == 200


@pytest.mark.parametrize(
    "header", ["Basic", "Basic !!!", "Basic " + base64.b64encode(b"\xff:x").decode(), "Bearer x", "Nonsense y"]
)
def test_an_unreadable_credential_is_refused(connect: Connect, flavour: str, header: str) -> None:
    url = connect(one(flavour)).url
    assert requests.get(f"{url}/rest/api/2/myself", headers={"Authorization": header}, timeout=10).status_code == 401


def test_the_gateways_address_is_the_same_site(connect: Connect) -> None:
    client = connect(one("cloud"))
    cloud_id = requests.get(client.url + "/_edge/tenant_info", timeout=10).json()["cloudId"]
    assert client.get(f"/ex/jira/{cloud_id}/rest/api/3/issue/PAY-1")["key"] == "PAY-1"


def test_permissions_are_asked_by_project(connect: Connect, flavour: str) -> None:
    site = one(flavour)
    site.revoke("bot", "PAY", "EDIT_ISSUES")
    client = connect(site)

    def may(**query: str) -> bool:
        answer = client.get("mypermissions", permissions="EDIT_ISSUES", **query)
        return bool(answer["permissions"]["EDIT_ISSUES"]["havePermission"])

    assert (may(projectKey="PAY"), may(projectKey="WEB"), may()) == (False, True, True)
    site.revoke("bot", None, "EDIT_ISSUES")
    assert may() is False


def test_cloud_wants_the_permissions_named_and_data_center_gives_all(connect: Connect) -> None:
    assert connect(one("cloud"))("GET", "mypermissions").status_code == 400
    assert len(connect(one("datacenter")).get("mypermissions")["permissions"]) > 10


@pytest.mark.parametrize(
    ("permission", "method", "path", "body", "status"),
    [
        ("BROWSE_PROJECTS", "GET", "issue/PAY-1", None, 404),
        ("EDIT_ISSUES", "PUT", "issue/PAY-1", {"fields": {"summary": "y"}}, 403),
        ("EDIT_ISSUES", "PUT", "issue/PAY-1/properties/p", {"a": 1}, 403),
        ("ADD_COMMENTS", "POST", "issue/PAY-1/comment", {"body": "x"}, 403),
        ("LINK_ISSUES", "POST", "issue/PAY-1/remotelink", {"object": {"url": "u", "title": "t"}}, 403),
        (
            "CREATE_ISSUES",
            "POST",
            "issue",
            {"fields": {"project": {"key": "PAY"}, "issuetype": {"name": "Story"}, "summary": "x"}},
            400,
        ),
    ],
)
def test_a_missing_permission_stops_its_write(
    connect: Connect, permission: str, method: str, path: str, body: object, status: int
) -> None:
    site = one("datacenter")
    before = len(site.journal)
    site.revoke("bot", "PAY", permission)
    client = connect(site)
    assert client(method, path, json=body).status_code == status
    assert len(site.journal) == before
    site.grant("bot", "PAY", permission)
    assert client(method, path, json=body).status_code < 300


def test_without_transition_permission_there_is_no_transition(connect: Connect, flavour: str) -> None:
    site = one(flavour)
    site.revoke("bot", "PAY", "TRANSITION_ISSUES")
    assert connect(site).get("issue/PAY-1/transitions")["transitions"] == []


def test_an_account_that_was_switched_off_is_refused(connect: Connect, flavour: str) -> None:
    site = one(flavour)
    client = connect(site)
    site.people.accounts["bot"].active = False
    assert client("GET", "issue/PAY-1").status_code == 401


def test_the_clock_is_the_sites_own(connect: Connect, flavour: str) -> None:
    site = one(flavour)
    site.clock.set(datetime(2031, 1, 1, tzinfo=UTC))  # type: ignore[attr-defined]
    answer = connect(site)("GET", "serverInfo")
    assert answer.headers["Date"] == "Wed, 01 Jan 2031 00:00:00 GMT"
    assert answer.json()["serverTime"] == "2031-01-01T00:00:00.000+0000"


def test_a_scoped_token_works_at_the_gateways_address_only(connect: Connect) -> None:
    site = one("cloud")
    site.people.accounts["bot"].scoped_token = True
    client = connect(site)
    assert client("GET", "myself").status_code == 401
    assert client.get(f"/ex/jira/{site.cloud_id}/rest/api/3/myself")["accountId"] == "bot"


def test_permissions_are_checked_for_many_at_once(connect: Connect) -> None:
    site = one("cloud")
    pay, web = site.project("PAY").id, site.project("WEB").id
    site.revoke("bot", "WEB", "EDIT_ISSUES")
    asked = {"permissions": ["EDIT_ISSUES"], "projects": [pay, web, 99], "issues": [site.issue("PAY-1").id, 99]}
    answer = connect(site).post(
        "permissions/check", {"projectPermissions": [asked], "globalPermissions": ["ADMINISTER"]}
    )
    assert answer["projectPermissions"] == [
        {"permission": "EDIT_ISSUES", "projects": [pay], "issues": [site.issue("PAY-1").id]}
    ]
    assert answer["globalPermissions"] == []
