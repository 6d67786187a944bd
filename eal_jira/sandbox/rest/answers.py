"""What a handler gives back: an `Answer`, or a `Refusal` in the shape of Jira's error collection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from eal_jira.sandbox.plainjson import dumps

NOT_SEEN = "Issue does not exist or you do not have permission to see it."


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` is what goes over the wire; `json_answer` and `text_answer` build it."""

    status: int = 200
    body: bytes = b""
    media_type: str = "application/json;charset=UTF-8"
    headers: Mapping[str, str] = field(default_factory=dict)


class Refusal(Exception):
    """An answer of 4xx or 5xx: general messages, and messages by field."""

    def __init__(
        self,
        status: int,
        *messages: str,
        errors: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, messages, errors)
        self.status = status
        self.messages = messages
        self.errors = dict(errors or {})
        self.headers = dict(headers or {})

    def answer(self) -> Answer:
        body = {"errorMessages": list(self.messages), "errors": self.errors}
        return Answer(self.status, dumps(body).encode(), headers=self.headers)


def json_answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, dumps(value).encode("utf-8", "surrogatepass"), headers=headers or {})


def raw_answer(text: str, status: int = 200) -> Answer:
    """JSON that was put together from cached fragments."""
    return Answer(status, text.encode("utf-8", "surrogatepass"))


def nothing() -> Answer:
    return Answer(204)
