"""Webhook deliveries: whether one is genuine, and which issues it names. Nothing else in it is believed (facts 6).

Deliveries come late, twice, in any order or never; so all that is taken from one is where to look.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterator

from eal_jira.errors import Forged
from eal_jira.hookspecs import Delivery, Nudge

SIGNATURE = "x-hub-signature"
LINK_EVENTS = "issuelink_"
"""What the names of events about links begin with."""

IDENTIFIER = "x-atlassian-webhook-identifier"
"""The same over all retries of a delivery. Data Center is not known to send it."""

_SIGNED = re.compile(r"sha256=([0-9a-f]{64})")
_IDENTIFIER = re.compile(r"[!-~]{1,200}")
_KIND = re.compile(r"[A-Za-z0-9:_.-]{1,64}")
_ID = re.compile(r"[1-9][0-9]{0,17}")
_ADDRESS = re.compile(r"/issue/([1-9][0-9]{0,17})/")
"""…/rest/api/2/issue/10013/comment/10082: comments, worklogs and properties may come without their issue."""


def read_nudge(delivery: Delivery, secret: bytes) -> Nudge:
    """Which issues to read again. Raises `Forged`; a genuine delivery of any content raises nothing."""
    _verify(delivery, secret)
    identifier = _identifier(delivery)
    try:
        told = json.loads(delivery.body)
    except (ValueError, RecursionError):
        return Nudge(identifier, "unknown", set_aside="It is no JSON that can be read.")
    if not isinstance(told, dict):
        return Nudge(identifier, "unknown", set_aside="It is no event.")
    event = told.get("webhookEvent")
    kind = event if isinstance(event, str) and _KIND.fullmatch(event) else "unknown"
    ids = tuple(dict.fromkeys(_issue_ids(told)))
    why = "" if ids else "It names no issue: the next whole cycle finds what changed."
    return Nudge(identifier, kind, ids, why, links=kind.startswith(LINK_EVENTS))


def _verify(delivery: Delivery, secret: bytes) -> None:
    """HMAC-SHA256 over the body's bytes as they came. One header, one algorithm: nothing to fall back to."""
    signed = _SIGNED.fullmatch(delivery.headers.get(SIGNATURE, ""))
    expected = hmac.new(secret, delivery.body, hashlib.sha256).hexdigest()
    if not secret or signed is None or not hmac.compare_digest(signed[1], expected):
        raise Forged(
            "A webhook request is not signed with our secret.",
            refused="Nothing of it was read.",
            remedy="If Jira sent it, give its webhook the secret that web.webhook_secret names.",
        )


def genuine_delivery(secret: bytes) -> Delivery:
    """A delivery as Jira would sign it, of a kind that Jira doesn't know, about no issue."""
    body = json.dumps({"webhookEvent": "eal_jira_doctor"}).encode()
    signature = hmac.new(secret, body, hashlib.sha256).hexdigest()
    # always the same identifier: however often doctor runs, it is kept once
    return Delivery({SIGNATURE: f"sha256={signature}", IDENTIFIER: "eal-jira-doctor"}, body)


def _identifier(delivery: Delivery) -> str:
    given = delivery.headers.get(IDENTIFIER, "")
    return given if _IDENTIFIER.fullmatch(given) else hashlib.sha256(delivery.body).hexdigest()


def _issue_ids(told: dict[str, object]) -> Iterator[str]:
    """The issue itself, the ends of a link, and the issue that a comment, worklog or property is of."""
    yield from _id(_part(told, "issue").get("id"))
    link = _part(told, "issueLink")
    yield from _id(link.get("sourceIssueId"))
    yield from _id(link.get("destinationIssueId"))
    for name in ("comment", "worklog", "property"):
        part = _part(told, name)
        yield from _id(part.get("issueId"))
        address = part.get("self")
        found = _ADDRESS.search(address) if isinstance(address, str) else None
        if found is not None:
            yield found[1]


def _part(told: dict[str, object], name: str) -> dict[str, object]:
    part = told.get(name)
    return part if isinstance(part, dict) else {}


def _id(value: object) -> Iterator[str]:
    """Written as a text or as a number; anything else is none."""
    if isinstance(value, str | int) and not isinstance(value, bool) and _ID.fullmatch(text := str(value)):
        yield text
