"""Confluence Data Center: one interface, in which `expand` asks what to show (facts 8.4)."""

from __future__ import annotations

from typing import Any

from eal_jira.errors import Gone, NotAllowed, NotKnown
from eal_pages_confluence.acts import Attachment, Found, Property, may_update
from eal_pages_confluence.wire import Json, Upload, Wire, at, rows, segment

_SHOWN = "body.storage,version"


class DataCenter:
    def __init__(self, wire: Wire, space: str, url: str) -> None:
        self._wire = wire
        self._key = space
        self._url = url

    def whoami(self) -> str:
        me = self._wire.get("/rest/api/user/current")
        if not isinstance(me, dict) or me.get("type") == "anonymous":
            raise NotKnown("Confluence does not say who we are.", remedy="Check pages.confluence.token.")
        return str(me.get("userKey") or me.get("username") or "")

    def home(self) -> str:
        try:
            return at(self._wire.get(f"/rest/api/space/{segment(self._key)}", expand="homepage"), "homepage", "id")
        except Gone:
            raise NotAllowed(
                f"There is no space {self._key}, or our account may not see it.",
                remedy="Check pages.confluence.space, and give the account the right to view that space.",
            ) from None

    def may_edit(self, page: str) -> bool:
        return may_update(self._wire.get(f"/rest/api/content/{segment(page)}", expand="operations"))

    def read(self, page: str) -> Found:
        return self._found(self._wire.get(f"/rest/api/content/{segment(page)}", expand=_SHOWN))

    def titled(self, title: str) -> Found | None:
        found = rows(self._wire.get("/rest/api/content", spaceKey=self._key, title=title, type="page", expand=_SHOWN))
        return self._found(found[0]) if found else None

    def create(self, title: str, body: str, parent: str) -> Found:
        made = self._wire.create(
            "/rest/api/content",
            {
                "type": "page",
                "title": title,
                "space": {"key": self._key},
                "ancestors": [{"id": parent}],
                "body": {"storage": {"value": body, "representation": "storage"}},
            },
        )
        return Found(at(made, "id"), title, 1, body, self._link(made))

    def update(self, page: Found, title: str, body: str) -> Found:
        number = page.version + 1
        self._wire.put(
            f"/rest/api/content/{segment(page.id)}",
            {
                "id": page.id,
                "type": "page",
                "title": title,
                "body": {"storage": {"value": body, "representation": "storage"}},
                # a minor edit: no mail to those who watch the page
                "version": {"number": number, "minorEdit": True, "message": "eal-jira"},
            },
        )
        return Found(page.id, title, number, body, page.url)

    def property(self, page: str, key: str) -> Property | None:
        try:
            found = self._wire.get(f"/rest/api/content/{segment(page)}/property/{segment(key)}")
        except Gone:
            return None
        return Property(at(found, "id"), found.get("value"), int(at(found, "version", "number")))

    def put_property(self, page: str, key: str, value: Any, known: Property | None) -> None:
        path = f"/rest/api/content/{segment(page)}/property"
        if known is None:
            self._wire.create(path, {"key": key, "value": value})
            return
        version = {"number": known.version + 1, "minorEdit": True}
        self._wire.put(f"{path}/{segment(key)}", {"key": key, "value": value, "version": version})

    def attachment(self, page: str, name: str) -> Attachment | None:
        path = f"/rest/api/content/{segment(page)}/child/attachment"
        found = rows(self._wire.get(path, filename=name))
        if not found:
            return None
        said = (found[0].get("metadata") or {}).get("comment") or (found[0].get("extensions") or {}).get("comment")
        return Attachment(at(found[0], "id"), str(said or ""))

    def attach(self, page: str, name: str, content: bytes, comment: str, known: Attachment | None) -> None:
        path = f"/rest/api/content/{segment(page)}/child/attachment"
        file = Upload(name, content, comment)
        if known is None:
            self._wire.upload("POST", path, file)
        else:
            self._wire.upload("POST", f"{path}/{segment(known.id)}/data", file)

    def _found(self, page: Json) -> Found:
        body = at(page, "body", "storage", "value")
        return Found(at(page, "id"), at(page, "title"), int(at(page, "version", "number")), body, self._link(page))

    def _link(self, page: Json) -> str:
        webui = (page.get("_links") or {}).get("webui") or f"/pages/viewpage.action?pageId={page['id']}"
        return self._url + str(webui)
