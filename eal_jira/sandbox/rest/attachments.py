"""REST: files on an issue (facts/jira.md 5.6)."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP

from eal_jira.sandbox.people import ATTACH, DETACH
from eal_jira.sandbox.rest.answers import Answer, Refusal, json_answer, nothing
from eal_jira.sandbox.rest.call import Call


def add(call: Call) -> Answer:
    """Multipart parts named `file`; without the header that a form in a browser can't send, nothing is taken."""
    issue = call.issue(ATTACH)
    if call.headers.get("x-atlassian-token", "").lower() not in ("no-check", "nocheck"):
        raise Refusal(403, "XSRF check failed")
    files = _files(call)
    if not files:
        raise Refusal(400, "No file was sent: name the part 'file'.")
    if call.cloud and len(files) > call.site.limits.attachments_per_request:
        raise Refusal(413, f"At most {call.site.limits.attachments_per_request} files can be attached at once.")
    if any(len(content) > call.site.limits.attachment for _, content, _ in files):
        raise Refusal(413 if call.cloud else 404, "The file is too large.")
    made = [call.write.attach(issue, name, content, media_type) for name, content, media_type in files]
    return json_answer([call.present.attachment(each) for each in made])


def delete(call: Call) -> Answer:
    """One's own files, or all (facts 5.6)."""
    found = next(
        (
            (issue, file)
            for issue in call.site.issues.values()
            for file in issue.attachments
            if str(file.id) == call.params["attachment"]
        ),
        None,
    )
    if found is None or call.visible(found[0].key) is None:
        raise Refusal(404, f"The attachment with id '{call.params['attachment']}' does not exist")
    issue, file = found
    own = file.author == call.user.id and call.may(DETACH, issue.project)
    if not own and not call.may("DELETE_ALL_ATTACHMENTS", issue.project):
        raise Refusal(403, f"You do not have permission to delete attachment with id: {file.id}")
    call.write.detach(issue, file)
    return nothing()


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a form."""

    field: str
    #: of the file, "" for a plain value
    name: str
    content: bytes
    #: its media type
    kind: str


def parts(call: Call) -> list[Part]:
    kind = call.headers.get("content-type", "")
    if not kind.lower().startswith("multipart/form-data"):
        raise Refusal(415, "Attachments are sent as multipart/form-data.")
    whole: Message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + call.body)
    found = []
    for part in whole.get_payload() if whole.is_multipart() else ():
        content = part.get_payload(decode=True) if isinstance(part, Message) else None
        if isinstance(part, Message) and isinstance(content, bytes):
            field = str(part.get_param("name", header="content-disposition"))
            found.append(Part(field, part.get_filename() or "", content, part.get_content_type()))
    return found


def _files(call: Call) -> list[tuple[str, bytes, str]]:
    """(name, content, media type) of each file."""
    return [(part.name, part.content, part.kind) for part in parts(call) if part.field == "file" and part.name]
