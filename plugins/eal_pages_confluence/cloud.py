"""Confluence Cloud: v2 for pages and their properties, v1 to send files, which v2 can't (facts 8.3)."""

from __future__ import annotations

from typing import Any

from eal_jira.errors import NotAllowed, NotKnown
from eal_pages_confluence.acts import Attachment, Found, Property, may_update
from eal_pages_confluence.wire import Json, Upload, Wire, at, rows, segment

MESSAGE = "eal-jira"


class Cloud:
    def __init__(self, wire: Wire, space: str, url: str) -> None:
        self._wire = wire
        self._key = space
        self._url = url
        self._space: Json = None

    def whoami(self) -> str:
        me = self._wire.get("/rest/api/user/current")
        if not isinstance(me, dict) or me.get("type") == "anonymous" or not me.get("accountId"):
            raise NotKnown("Confluence does not say who we are.", remedy="Check pages.confluence.user and its token.")
        return str(me["accountId"])

    def home(self) -> str:
        return at(self._of_space(), "homepageId")

    def may_edit(self, page: str) -> bool:
        allowed = self._wire.get(f"/api/v2/pages/{segment(page)}/operations")
        return may_update(allowed)

    def read(self, page: str) -> Found:
        return self._found(self._wire.get(f"/api/v2/pages/{segment(page)}", **{"body-format": "storage"}))

    def titled(self, title: str) -> Found | None:
        wanted = {"space-id": at(self._of_space(), "id"), "title": title, "status": "current"}
        found = rows(self._wire.get("/api/v2/pages", **wanted, **{"body-format": "storage"}))
        return self._found(found[0]) if found else None

    def create(self, title: str, body: str, parent: str) -> Found:
        made = self._wire.create(
            "/api/v2/pages",
            {
                "spaceId": at(self._of_space(), "id"),
                "status": "current",
                "title": title,
                "parentId": parent,
                "body": {"representation": "storage", "value": body},
            },
        )
        return Found(at(made, "id"), title, int(at(made, "version", "number")), body, self._link(made))

    def update(self, page: Found, title: str, body: str) -> Found:
        number = page.version + 1
        self._wire.put(
            f"/api/v2/pages/{segment(page.id)}",
            {
                "id": page.id,
                "status": "current",
                "title": title,
                "body": {"representation": "storage", "value": body},
                "version": {"number": number, "message": MESSAGE},
            },
        )
        return Found(page.id, title, number, body, page.url)

    def property(self, page: str, key: str) -> Property | None:
        found = rows(self._wire.get(f"/api/v2/pages/{segment(page)}/properties", key=key))
        return (
            Property(at(found[0], "id"), found[0].get("value"), int(at(found[0], "version", "number")))
            if found
            else None
        )

    def put_property(self, page: str, key: str, value: Any, known: Property | None) -> None:
        path = f"/api/v2/pages/{segment(page)}/properties"
        if known is None:
            self._wire.create(path, {"key": key, "value": value})
            return
        version = {"number": known.version + 1, "message": MESSAGE}
        self._wire.put(f"{path}/{segment(known.id)}", {"key": key, "value": value, "version": version})

    def attachment(self, page: str, name: str) -> Attachment | None:
        found = rows(self._wire.get(f"/api/v2/pages/{segment(page)}/attachments", filename=name))
        return Attachment(at(found[0], "id"), str(found[0].get("comment") or "")) if found else None

    def attach(self, page: str, name: str, content: bytes, comment: str, known: Attachment | None) -> None:
        # PUT makes the file or its next version, by its name
        path = f"/rest/api/content/{segment(page)}/child/attachment"
        self._wire.upload("PUT", path, Upload(name, content, comment))

    def _of_space(self) -> Json:
        if self._space is None:
            found = rows(self._wire.get("/api/v2/spaces", keys=self._key))
            if not found:
                raise NotAllowed(
                    f"There is no space {self._key}, or our account may not see it.",
                    remedy="Check pages.confluence.space, and give the account the right to view that space.",
                )
            self._space = found[0]
        return self._space

    def _found(self, page: Json) -> Found:
        body = at(page, "body", "storage", "value")
        return Found(at(page, "id"), at(page, "title"), int(at(page, "version", "number")), body, self._link(page))

    def _link(self, page: Json) -> str:
        webui = (page.get("_links") or {}).get("webui") or f"/pages/{page['id']}"
        return self._url + str(webui)
