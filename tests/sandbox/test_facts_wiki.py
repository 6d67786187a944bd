"""facts/jira.md 8.3 and 8.4: the sandbox's wiki takes and refuses what Confluence does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.plugins.wiki_world import ANN, BOT, WikiWorld, served


class Raw:
    """Requests as they go over the wire, for either kind."""

    def __init__(self, world: WikiWorld, account: str | None = BOT) -> None:
        self.world = world
        self.cloud = world.site.flavour == "cloud"
        user, token = world.site.credentials(account) if account else (None, "")
        self._auth = (user, token) if user else None
        self._headers = {"Authorization": f"Bearer {token}"} if account and not user else {}

    def __call__(self, method: str, path: str, **given: Any) -> requests.Response:
        headers = {**self._headers, **given.pop("headers", {})}
        return requests.request(method, self.world.url + path, auth=self._auth, headers=headers, timeout=5, **given)

    def create(self, title: str, body: str) -> requests.Response:
        if self.cloud:
            value = {"representation": "storage", "value": body}
            space = str(self.world.space.id)
            return self(
                "POST", "/api/v2/pages", json={"spaceId": space, "status": "current", "title": title, "body": value}
            )
        content = {"type": "page", "title": title, "space": {"key": "TEAM"}}
        content["body"] = {"storage": {"value": body, "representation": "storage"}}
        return self("POST", "/rest/api/content", json=content)

    def update(self, page: int, number: int, body: str) -> requests.Response:
        if self.cloud:
            given: Any = {"id": str(page), "status": "current", "title": "T", "version": {"number": number}}
            given["body"] = {"representation": "storage", "value": body}
            return self("PUT", f"/api/v2/pages/{page}", json=given)
        given = {"type": "page", "title": "T", "version": {"number": number}}
        given["body"] = {"storage": {"value": body, "representation": "storage"}}
        return self("PUT", f"/rest/api/content/{page}", json=given)

    def attach(self, method: str, page: int, **headers: str) -> requests.Response:
        path = f"/rest/api/content/{page}/child/attachment"
        return self(method, path, files={"file": ("a.png", b"x")}, data={"minorEdit": "true"}, headers=headers)


@pytest.fixture(params=["cloud", "datacenter"])
def raw(request: pytest.FixtureRequest) -> Iterator[Raw]:
    with served(request.param) as world:
        yield Raw(world)


def test_the_next_version_must_have_the_next_number(raw: Raw) -> None:
    page = int(raw.create("T", "<p>a</p>").json()["id"])
    assert raw.update(page, 1, "<p>b</p>").status_code == 409
    assert raw.update(page, 3, "<p>b</p>").status_code == 409
    assert raw.update(page, 2, "<p>b</p>").status_code == 200


@pytest.mark.parametrize(
    "body", ["<p>a", "<p>a</b></p>", "a & b", "<p>&bogus;</p>", "<p>\x01</p>", "<script>x</script>", "<p a=b>x</p>"]
)
def test_a_body_that_is_no_storage_format_is_refused(raw: Raw, body: str) -> None:
    assert raw.create("T", body).status_code == 400


def test_a_body_with_named_entities_is_taken_and_given_back_as_it_is(raw: Raw) -> None:
    body = "<p>a&nbsp;&ldquo;b&rdquo; <br/></p>"
    raw.create("T", body)
    assert raw.world.body == body


def test_a_macro_gets_an_id_when_it_is_stored_and_keeps_it(raw: Raw) -> None:
    page = int(raw.create("T", '<ac:structured-macro ac:name="toc"/>').json()["id"])
    kept = raw.world.body
    assert "ac:macro-id=" in kept
    raw.update(page, 2, kept)
    assert raw.world.body == kept


def test_titles_are_unique_in_a_space_whatever_their_case_and_in_the_trash(raw: Raw) -> None:
    page = int(raw.create("T", "<p>a</p>").json()["id"])
    assert raw.create("t", "<p>a</p>").status_code == 400
    raw.world.wiki.trash(page)
    assert raw.create("T", "<p>a</p>").status_code == 400


def test_nobody_sees_a_page_without_a_login_and_readers_write_nothing(raw: Raw) -> None:
    page = int(raw.create("T", "<p>a</p>").json()["id"])
    path = f"/api/v2/pages/{page}" if raw.cloud else f"/rest/api/content/{page}"
    assert Raw(raw.world, None)("GET", path).status_code == 404
    raw.world.wiki.readers.add(ANN)
    reader = Raw(raw.world, ANN)
    assert reader("GET", path).status_code == 200
    assert reader.update(page, 2, "<p>b</p>").status_code == 403


def test_a_property_has_versions_of_its_own(raw: Raw) -> None:
    page = int(raw.create("T", "<p>a</p>").json()["id"])
    root = f"/api/v2/pages/{page}/properties" if raw.cloud else f"/rest/api/content/{page}/property"
    made = raw("POST", root, json={"key": "k", "value": {"a": 1}}).json()
    assert raw("POST", root, json={"key": "k", "value": 1}).status_code == 400
    path = f"{root}/{made['id']}" if raw.cloud else f"{root}/k"
    assert raw("PUT", path, json={"key": "k", "value": 2, "version": {"number": 1}}).status_code == 409
    assert raw("PUT", path, json={"key": "k", "value": 2, "version": {"number": 2}}).json()["value"] == 2
    assert raw("PUT", path, json={"key": "k", "value": "x" * 40_000, "version": {"number": 3}}).status_code == 413
    assert len(raw.world.page.versions) == 1


def test_files_want_the_header_that_no_form_can_send_and_a_name_of_their_own(raw: Raw) -> None:
    page = int(raw.create("T", "<p>a</p>").json()["id"])
    allowed = {"X-Atlassian-Token": "nocheck"}
    assert raw.attach("POST", page).status_code == 403
    assert raw.attach("POST", page, **allowed).status_code == 200
    assert raw.attach("POST", page, **allowed).status_code == 400
    if raw.cloud:
        # creates or updates by name
        assert raw.attach("PUT", page, **allowed).status_code == 200
        assert len(raw.world.page.files["a.png"].versions) == 2


def test_a_long_list_has_a_next_page(raw: Raw) -> None:
    for number in range(3):
        raw.create(f"T{number}", "<p>a</p>")
    path = "/api/v2/pages?limit=2" if raw.cloud else "/rest/api/content?limit=2"
    answer = raw("GET", path)
    assert len(answer.json()["results"]) == 2
    assert "next" in answer.json()["_links"]
    if raw.cloud:
        assert 'rel="next"' in answer.headers["Link"]
