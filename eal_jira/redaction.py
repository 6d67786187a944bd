"""Keeps secrets out of what people read: every secret that was read in this process is known here by its value."""

from __future__ import annotations

import base64
import json
from threading import Lock
from urllib.parse import quote, quote_plus

SHOWN = "***"
SHORTEST = 6
"""Characters. Anything shorter stands in too many words to be taken out of a text."""

_lock = Lock()
#: every form of every secret, the longest first
_forms: tuple[str, ...] = ()


def learn(secret: str) -> None:
    """From now on `clean` takes this secret out."""
    global _forms  # noqa: PLW0603 - one process, one list of secrets
    if len(secret) < SHORTEST or secret in _forms:
        return
    with _lock:
        _forms = tuple(sorted({*_forms, *_forms_of(secret)}, key=lambda form: (-len(form), form)))


def clean(text: str) -> str:
    for form in _forms:
        if form in text:
            text = text.replace(form, SHOWN)
    return text


def _forms_of(secret: str) -> set[str]:
    """As it is, as in an address, as in JSON, and in base64 wherever in a longer text it stands (as in user:token)."""
    forms = {secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1]}
    raw = secret.encode()
    for before in range(3):
        coded = base64.b64encode(bytes(before) + raw).decode()
        # the ends are mixed with what stands before and behind
        inner = coded[(0, 2, 3)[before] : len(coded) - (0, 3, 2)[(before + len(raw)) % 3]]
        if len(inner) >= SHORTEST:
            forms |= {inner, inner.replace("+", "-").replace("/", "_")}
    return forms
