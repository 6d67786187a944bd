"""Confluence Cloud: v2 for pages and their properties, v1 for who we are and for sending files (facts 8.3)."""

from __future__ import annotations

from collections.abc import Sequence

from eal_jira.sandbox.plainjson import dumps
from eal_jira.sandbox.rest.answers import Answer, json_answer
from eal_jira.sandbox.rest.call import Call
from eal_jira.sandbox.state import Json
from eal_jira.sandbox.wiki.calls import new_or_next, page_of, rows, sent_file, text, whole
from eal_jira.sandbox.wiki.state import File, Page, Property, Refused, Version


def current_user(call: Call) -> Answer:
    account = call.account
    if account is None:
        return json_answer({"type": "anonymous", "accountId": None, "displayName": "Anonymous", "_links": {}})
    return json_answer(
        {
            "type": "known",
            "accountId": account.id,
            "accountType": account.account_type,
            "publicName": account.name,
            "displayName": account.name,
            "email": "",
            "profilePicture": {"path": "/wiki/aa-avatar", "width": 48, "height": 48, "isDefault": True},
            "isExternalCollaborator": False,
            "_expandable": {"operations": "", "personalSpace": ""},
            "_links": {"base": f"{call.site.base_url}/wiki", "context": "/wiki"},
        }
    )


def spaces(call: Call) -> Answer:
    keys = call.words("keys")
    found = [] if call.account is None else [s for s in call.site.wiki.spaces.values() if not keys or s.key in keys]
    return _listed(
        call,
        [
            {
                "id": str(space.id),
                "key": space.key,
                "name": space.name,
                "type": "global",
                "status": "current",
                "homepageId": str(space.home),
                "_links": {"webui": f"/spaces/{space.key}"},
            }
            for space in found
        ],
    )


def pages(call: Call) -> Answer:
    wiki = call.site.wiki
    space, title = call.query.get("space-id"), call.query.get("title")
    statuses = call.words("status") or ["current", "archived"]
    found = [] if call.account is None else list(wiki.pages.values())
    return _listed(
        call,
        [
            _page(call, page)
            for page in found
            if page.status in statuses
            and (space is None or str(wiki.spaces[page.space].id) == space)
            and (title is None or page.now.title.casefold() == title.casefold())
        ],
    )


def page(call: Call) -> Answer:
    return json_answer(_page(call, page_of(call)))


def operations(call: Call) -> Answer:
    """What our account may do with the page."""
    page_of(call)
    names = ["read"] if call.user.id in call.site.wiki.readers else ["read", "update"]
    return json_answer({"operations": [{"operation": name, "targetType": "page"} for name in names]})


def create_page(call: Call) -> Answer:
    given = call.json
    number = text(given, "spaceId")
    space = next((s for s in call.site.wiki.spaces.values() if str(s.id) == number), None)
    if space is None:
        raise Refused(404, f"Could not find space with id {number}.")
    parent = given.get("parentId")
    made = call.site.wiki.create(
        space.key, text(given, "title"), _body(given), int(parent) if parent else None, call.user.id
    )
    return json_answer(_page(call, made))


def update_page(call: Call) -> Answer:
    page, given = page_of(call), call.json
    if text(given, "id") != str(page.id) or text(given, "status") != "current":
        raise Refused(400, "id and status must be those of the page.")
    number, message = whole(given, "version", "number"), given["version"].get("message", "")
    call.site.wiki.update(page, text(given, "title"), _body(given), number, call.user.id, message)
    return json_answer(_page(call, page))


def properties(call: Call) -> Answer:
    page, key = page_of(call), call.query.get("key")
    return _listed(call, [_property(call, each) for each in page.properties.values() if key in (None, each.key)])


def create_property(call: Call) -> Answer:
    page, given = page_of(call), call.json
    key = text(given, "key")
    if key in page.properties:
        raise Refused(400, f"A property with the key {key} already exists.")
    made = call.site.wiki.set_property(page, key, given.get("value"), 1, call.user.id, len(dumps(given.get("value"))))
    return json_answer(_property(call, made))


def update_property(call: Call) -> Answer:
    page, given = page_of(call), call.json
    known = next((each for each in page.properties.values() if str(each.id) == call.params["property"]), None)
    if known is None or text(given, "key") != known.key:
        raise Refused(404, "No such property.")
    value, number = given.get("value"), whole(given, "version", "number")
    made = call.site.wiki.set_property(page, known.key, value, number, call.user.id, len(dumps(value)))
    return json_answer(_property(call, made))


def attachments(call: Call) -> Answer:
    page, name = page_of(call), call.query.get("filename")
    return _listed(call, [_file(call, page, file) for file in page.files.values() if name in (None, file.name)])


def put_attachment(call: Call) -> Answer:
    return _attached(call, may_exist=True)


def post_attachment(call: Call) -> Answer:
    return _attached(call, may_exist=False)


def _attached(call: Call, *, may_exist: bool) -> Answer:
    page = page_of(call)
    name, version = sent_file(call)
    new_or_next(page, name, may_exist=may_exist)
    file = call.site.wiki.attach(page, name, version)
    made = {
        "id": f"att{file.id}",
        "type": "attachment",
        "status": "current",
        "title": file.name,
        "metadata": {"mediaType": version.media_type, "comment": version.comment},
        "extensions": {"mediaType": version.media_type, "fileSize": len(version.content), "comment": version.comment},
        "_links": {"webui": f"/pages/{page.id}", "download": f"/download/attachments/{page.id}/{name}"},
    }
    links = {"base": f"{call.site.base_url}/wiki", "context": "/wiki"}
    return json_answer({"results": [made], "start": 0, "limit": 25, "size": 1, "_links": links})


def _body(given: Json) -> str:
    if text(given, "body", "representation") != "storage":
        raise Refused(400, "Only the representation storage is spoken here.")
    return text(given, "body", "value")


def _listed(call: Call, found: Sequence[Json]) -> Answer:
    shown, following = rows(call, found)
    links = {"base": f"{call.site.base_url}/wiki"}
    headers = {}
    if following is not None:
        kept = "&".join(f"{key}={value}" for key, value in call.query.items() if key != "cursor")
        path = f"{call.path}?{kept}&cursor={following}"
        links["next"] = path
        headers["Link"] = f'<{path}>; rel="next"'
    return json_answer({"results": list(shown), "_links": links}, headers=headers)


def _page(call: Call, page: Page) -> Json:
    shown: Json = {
        "id": str(page.id),
        "status": page.status,
        "title": page.now.title,
        "spaceId": str(call.site.wiki.spaces[page.space].id),
        "parentId": None if page.parent is None else str(page.parent),
        "parentType": "page",
        "authorId": page.versions[0].author,
        "createdAt": _at(page.versions[0]),
        "version": {
            "number": page.now.number,
            "message": page.now.message,
            "minorEdit": page.now.minor,
            "authorId": page.now.author,
            "createdAt": _at(page.now),
        },
        "body": {},
        "_links": {"webui": f"/spaces/{page.space}/pages/{page.id}", "base": f"{call.site.base_url}/wiki"},
    }
    if page.parent is None:
        del shown["parentId"], shown["parentType"]
    if call.query.get("body-format") == "storage":
        shown["body"] = {"storage": {"representation": "storage", "value": page.now.body}}
    return shown


def _property(call: Call, each: Property) -> Json:
    at = call.site.clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
    version = {"number": each.version, "message": "", "minorEdit": False, "authorId": "", "createdAt": at}
    return {"id": str(each.id), "key": each.key, "value": each.value, "version": version}


def _file(call: Call, page: Page, file: File) -> Json:
    newest = file.versions[-1]
    return {
        "id": f"att{file.id}",
        "status": "current",
        "title": file.name,
        "pageId": str(page.id),
        "mediaType": newest.media_type,
        "comment": newest.comment,
        "fileSize": len(newest.content),
        "version": {"number": len(file.versions), "minorEdit": newest.minor, "authorId": newest.author},
        "_links": {"webui": f"/pages/{page.id}", "download": f"/download/attachments/{page.id}/{file.name}"},
    }


def _at(version: Version) -> str:
    return version.at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
