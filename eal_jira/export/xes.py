"""XES, IEEE 1849-2016: the event log as XML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from xml.sax.saxutils import quoteattr

from eal_jira.export.cases import Case, Step, Value

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849.2016" xes.features="" xmlns="http://www.xes-standard.org/">
  <extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
  <extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
  <extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>
  <extension name="Lifecycle" prefix="lifecycle" uri="http://www.xes-standard.org/lifecycle.xesext"/>
  <global scope="trace">
    <string key="concept:name" value=""/>
  </global>
  <global scope="event">
    <string key="concept:name" value=""/>
    <date key="time:timestamp" value="1970-01-01T00:00:00.000+00:00"/>
    <string key="lifecycle:transition" value="complete"/>
  </global>
  <classifier name="Activity" keys="concept:name"/>
"""
# what XML 1.0 can't hold, not even escaped
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_xes(cases: Iterable[Case]) -> Iterator[str]:
    """The file, a trace at a time."""
    yield _HEAD
    for case in cases:
        yield "  <trace>\n"
        yield _attribute("concept:name", case.key, 4)
        yield from (_attribute(f"eal:{name}", value, 4) for name, value in case.attributes.items())
        yield from map(_event, case.steps)
        yield "  </trace>\n"
    yield "</log>\n"


def _event(step: Step) -> str:
    lines = [
        "    <event>\n",
        _attribute("concept:name", step.activity, 6),
        _attribute("time:timestamp", step.at, 6),
        _attribute("lifecycle:transition", "complete", 6),
    ]
    if step.actor is not None:
        lines.append(_attribute("org:resource", step.actor, 6))
    if step.deviations:
        lines.append(_attribute("eal:deviations", ", ".join(step.deviations), 6))
    return "".join([*lines, "    </event>\n"])


def _attribute(key: str, value: Value, indent: int) -> str:
    kind, text = _typed(value)
    return f"{' ' * indent}<{kind} key={quoteattr(key)} value={_quoted(text)}/>\n"


def _typed(value: Value) -> tuple[str, str]:
    if isinstance(value, bool):
        return "boolean", str(value).lower()
    if isinstance(value, int):
        return "int", str(value)
    if isinstance(value, float):
        return "float", repr(value)
    if isinstance(value, datetime):
        return "date", value.isoformat(timespec="milliseconds")
    return "string", value


def _quoted(text: str) -> str:
    return quoteattr(_NOT_XML.sub("\ufffd", text))
