"""Confluence Data Center: one interface for everything, and what to show is asked with `expand` (facts 8.4)."""

from __future__ import annotations

from collections.abc import Sequence

from eal_jira.sandbox.plainjson import dumps
from eal_jira.sandbox.rest.answers import Answer, json_answer
from eal_jira.sandbox.rest.call import Call
from eal_jira.sandbox.state import Json
from eal_jira.sandbox.wiki.calls import file_by_id, new_or_next, page_of, rows, sent_file, text, whole
from eal_jira.sandbox.wiki.state import File, Page, Property, Refused, Space


def current_user(call: Call) -> Answer:
    if call.account is None:
        return json_answer({"type": "anonymous", "displayName": "Anonymous"})
    account = call.account
    return json_answer({"type": "known", "username": account.login, "userKey": account.id, "displayName": account.name})


def space(call: Call) -> Answer:
    found = call.site.wiki.spaces.get(call.params["space"])
    if found is None or call.account is None:
        raise Refused(404, f"No space found with key : {call.params['space']}")
    shown = _space(found)
    if "homepage" in call.words("expand"):
        shown["homepage"] = _content(call, call.site.wiki.pages[found.home])
    return json_answer(shown)


def contents(call: Call) -> Answer:
    space, title = call.query.get("spaceKey"), call.query.get("title")
    status = call.query.get("status", "current")
    found = [] if call.account is None else list(call.site.wiki.pages.values())
    return _listed(
        call,
        [
            _content(call, page)
            for page in found
            if page.status == status
            and space in (None, page.space)
            and (title is None or page.now.title.casefold() == title.casefold())
        ],
    )


def content(call: Call) -> Answer:
    return json_answer(_content(call, page_of(call)))


def create_content(call: Call) -> Answer:
    given = call.json
    if text(given, "type") != "page":
        raise Refused(400, "Only pages are made here.")
    key = text(given, "space", "key")
    if key not in call.site.wiki.spaces:
        raise Refused(404, f"No space found with key : {key}")
    above = given.get("ancestors") or []
    parent = int(above[-1]["id"]) if above else None
    made = call.site.wiki.create(key, text(given, "title"), _body(given), parent, call.user.id)
    return json_answer(_content(call, made))


def update_content(call: Call) -> Answer:
    page, given = page_of(call), call.json
    if text(given, "type") != "page":
        raise Refused(400, "The type of content can't be changed.")
    number, said = whole(given, "version", "number"), given["version"]
    minor = bool(said.get("minorEdit", False))
    call.site.wiki.update(
        page, text(given, "title"), _body(given), number, call.user.id, said.get("message", ""), minor
    )
    return json_answer(_content(call, page))


def get_property(call: Call) -> Answer:
    page, key = page_of(call), call.params["key"]
    if key not in page.properties:
        raise Refused(404, f"Cannot find content property: {key}")
    return json_answer(_property(page.properties[key]))


def create_property(call: Call) -> Answer:
    page, given = page_of(call), call.json
    key = text(given, "key")
    if key in page.properties:
        raise Refused(400, f"A property with the key {key} already exists.")
    made = call.site.wiki.set_property(page, key, given.get("value"), 1, call.user.id, len(dumps(given.get("value"))))
    return json_answer(_property(made))


def update_property(call: Call) -> Answer:
    page, given, key = page_of(call), call.json, call.params["key"]
    if key not in page.properties:
        raise Refused(404, f"Cannot find content property: {key}")
    value, number = given.get("value"), whole(given, "version", "number")
    made = call.site.wiki.set_property(page, key, value, number, call.user.id, len(dumps(value)))
    return json_answer(_property(made))


def attachments(call: Call) -> Answer:
    page, name = page_of(call), call.query.get("filename")
    return _listed(call, [_file(page, file) for file in page.files.values() if name in (None, file.name)])


def add_attachment(call: Call) -> Answer:
    page = page_of(call)
    name, version = sent_file(call)
    new_or_next(page, name, may_exist=call.flag("allowDuplicated", False))
    return json_answer(_list_of([_file(page, call.site.wiki.attach(page, name, version))]))


def replace_attachment(call: Call) -> Answer:
    page = page_of(call)
    file = file_by_id(page, call.params["file"])
    _, version = sent_file(call)
    return json_answer(_file(page, call.site.wiki.attach(page, file.name, version)))


def _body(given: Json) -> str:
    if text(given, "body", "storage", "representation") != "storage":
        raise Refused(400, "Only the representation storage is spoken here.")
    return text(given, "body", "storage", "value")


def _listed(call: Call, found: Sequence[Json]) -> Answer:
    shown, following = rows(call, found)
    answer = _list_of(shown)
    if following is not None:
        answer["_links"]["next"] = f"{call.path}?start={following}"
    return json_answer(answer)


def _list_of(shown: Sequence[Json]) -> Json:
    return {"results": list(shown), "start": 0, "limit": 25, "size": len(shown), "_links": {"context": "/confluence"}}


def _space(space: Space) -> Json:
    return {"id": space.id, "key": space.key, "name": space.name, "type": "global", "status": "current", "_links": {}}


def _content(call: Call, page: Page) -> Json:
    wanted = call.words("expand") if call.method == "GET" else ["body.storage", "version"]
    shown: Json = {
        "id": str(page.id),
        "type": "page",
        "status": page.status,
        "title": page.now.title,
        "extensions": {"position": "none"},
        "_links": {"webui": f"/pages/viewpage.action?pageId={page.id}"},
        "_expandable": {"ancestors": "", "children": f"/rest/api/content/{page.id}/child"},
    }
    if "version" in wanted:
        now = page.now
        at = now.at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        by = {"type": "known", "displayName": now.author}
        shown["version"] = {"number": now.number, "by": by, "when": at, "message": now.message, "minorEdit": now.minor}
    if "body.storage" in wanted:
        shown["body"] = {"storage": {"value": page.now.body, "representation": "storage"}}
    if "operations" in wanted:
        names = ["read"] if call.user.id in call.site.wiki.readers else ["read", "update"]
        shown["operations"] = [{"operation": name, "targetType": "page"} for name in names]
    if "space" in wanted:
        shown["space"] = _space(call.site.wiki.spaces[page.space])
    return shown


def _property(each: Property) -> Json:
    return {"id": str(each.id), "key": each.key, "value": each.value, "version": {"number": each.version}}


def _file(page: Page, file: File) -> Json:
    newest = file.versions[-1]
    return {
        "id": f"att{file.id}",
        "type": "attachment",
        "status": "current",
        "title": file.name,
        "version": {"number": len(file.versions), "minorEdit": newest.minor},
        "metadata": {"comment": newest.comment, "mediaType": newest.media_type},
        "extensions": {"mediaType": newest.media_type, "fileSize": len(newest.content), "comment": newest.comment},
        "_links": {"download": f"/download/attachments/{page.id}/{file.name}"},
    }
