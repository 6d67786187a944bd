"""What both kinds of Confluence ask of a request: the page it names, the form it sends, the shape of a refusal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from eal_jira.sandbox.plainjson import dumps
from eal_jira.sandbox.rest.answers import Answer, Refusal
from eal_jira.sandbox.rest.attachments import parts
from eal_jira.sandbox.rest.call import Call
from eal_jira.sandbox.state import Json
from eal_jira.sandbox.wiki.state import File, FileVersion, Page, Refused

REASONS = {400: "Bad Request", 403: "Forbidden", 404: "Not Found", 409: "Conflict", 413: "Request Entity Too Large"}


class WikiRefusal(Refusal):
    """In the shape of the wiki: Cloud's v2 lists errors, everything older has one message."""

    def __init__(self, status: int, message: str, version: str) -> None:
        super().__init__(status, message)
        self._version = version

    def answer(self) -> Answer:
        message, reason = self.messages[0], REASONS.get(self.status, "Error")
        body: Json = {"statusCode": self.status, "message": message, "reason": reason}
        if self._version == "v2":
            code = reason.upper().replace(" ", "_")
            body = {"errors": [{"status": self.status, "code": code, "title": message, "detail": None}]}
        return Answer(self.status, dumps(body).encode())


def handled(handler: Callable[[Call], Answer]) -> Callable[[Call], Answer]:
    """The handler with the wiki's refusals as answers."""

    def handle(call: Call) -> Answer:
        try:
            return handler(call)
        except Refused as refused:
            raise WikiRefusal(refused.status, refused.message, call.version) from None

    return handle


def page_of(call: Call, name: str = "id") -> Page:
    """The page that the path names; in the trash it is gone."""
    given = call.params[name]
    page = call.site.wiki.pages.get(int(given)) if given.isdecimal() else None
    if page is None or call.account is None or page.status != "current":
        raise Refused(404, f"No content found with id: ContentId{{id={given}}}")
    return page


def text(body: Mapping[str, Json], *path: str) -> str:
    """The text at this place of a body; 400 when there is none."""
    value: Json = body
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    if not isinstance(value, str):
        raise Refused(400, f"{'.'.join(path)} is missing or no text.")
    return value


def whole(body: Mapping[str, Json], *path: str) -> int:
    value: Json = body
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    if not isinstance(value, int) or isinstance(value, bool):
        raise Refused(400, f"{'.'.join(path)} is missing or no number.")
    return value


def sent_file(call: Call) -> tuple[str, FileVersion]:
    """The form's file, with its comment. Without the header that a browser's form can't send it is refused."""
    if call.headers.get("x-atlassian-token", "").lower() not in ("no-check", "nocheck"):
        raise Refused(403, "XSRF check failed")
    fields = parts(call)
    files = [part for part in fields if part.field == "file" and part.name]
    if len(files) != 1:
        raise Refused(400, "Name the part 'file'.")
    said = {part.field: part.content.decode() for part in fields if part.field != "file"}
    minor = said.get("minorEdit", "false") == "true"
    now = call.site.clock.now()
    sent = files[0]
    return sent.name, FileVersion(sent.content, sent.kind, said.get("comment", ""), call.user.id, now, minor)


def rows(call: Call, found: Sequence[Json]) -> tuple[Sequence[Json], int | None]:
    """One page of a list, and where the next begins."""
    limit, begin = min(call.number("limit", 25), 250), call.number("cursor", call.number("start", 0))
    end = begin + limit
    return found[begin:end], end if end < len(found) else None


def new_or_next(page: Page, name: str, *, may_exist: bool) -> None:
    if name in page.files and not may_exist:
        raise Refused(400, f"Cannot add a new attachment with same file name as an existing attachment: {name}")


def file_by_id(page: Page, file_id: str) -> File:
    for file in page.files.values():
        if f"att{file.id}" == file_id:
            return file
    raise Refused(404, f"No attachment {file_id}.")
