"""The storage format as Confluence takes it: well-formed, with XHTML's named entities; macros get ids when stored."""

from __future__ import annotations

import re
import uuid
from html.entities import name2codepoint
from xml.parsers import expat

_ENTITIES = "".join(
    f'<!ENTITY {name} "&#{code};">' for name, code in name2codepoint.items() if name not in ("lt", "gt", "amp", "quot")
)
_MACRO = re.compile(r'<ac:structured-macro (?![^>]*ac:macro-id=)(?=[^>]*ac:name="([^"]*)")')
#: what a page's author may not bring along
_REFUSED = frozenset(("script", "iframe", "object", "embed", "form", "style", "link", "meta", "base"))


def problem(body: str) -> str | None:
    """What Confluence has against this body, None when it takes it."""
    parser = expat.ParserCreate()
    refused: list[str] = []
    parser.StartElementHandler = lambda name, _attributes: refused.extend([name] if name in _REFUSED else ())
    try:
        parser.Parse(f"<!DOCTYPE page [{_ENTITIES}]><page>".encode())
        parser.Parse(body.encode(), False)
        parser.Parse(b"</page>", True)
    except UnicodeEncodeError:
        return "Error parsing xhtml: half a character"
    except expat.ExpatError as error:
        return f"Error parsing xhtml: {error}"
    return f"Error parsing xhtml: {refused[0]} is not allowed" if refused else None


def stored(body: str, seed: str) -> str:
    """The body as it is given back: each new macro has got a schema version and an id, and nothing else changes."""
    count = 0

    def with_id(found: re.Match[str]) -> str:
        nonlocal count
        count += 1
        macro = uuid.uuid5(uuid.NAMESPACE_URL, f"{seed}:{count}")
        return f'<ac:structured-macro ac:schema-version="1" ac:macro-id="{macro}" '

    return _MACRO.sub(with_id, body)
