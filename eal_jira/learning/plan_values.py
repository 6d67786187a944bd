"""What the words of a plan's lines mean, one line each: text → value, None or nothing where it can't be told. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from eal_jira.learning.evidence import Direction
from eal_jira.learning.measured import MEASURED
from eal_jira.learning.plans import NOW, WHEN_MOVED, Comparison

_KEY = re.compile(r"\b[A-Z][A-Z0-9_]*-\d+\b")
_COUNT = re.compile(r"(\d+)\s*(?:trial\s+)?(?:issues?|tickets?|stories)\b|^(?:after\s+)?(\d+)$", re.IGNORECASE)
_DAY = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
_PERCENT = re.compile(r"(\d+(?:[.,]\d+)?)\s*%")
_QUERY = re.compile(r"^(?:query|jql)\b\s*[:=]?\s*(.*)$", re.IGNORECASE)
_LABEL = re.compile(r"label(?:led)?\s*[:=]?\s*[“\"'`]?([^\s“”\"'`,;]+)", re.IGNORECASE)

LARGEST = 1000
"""Trial issues that a plan may ask for at most."""


def names_of_measures() -> str:
    return ", ".join(measured.title.lower() for measured in MEASURED.values())


def _folded(text: str) -> str:
    return " ".join(re.sub(r"[^\w]+", " ", text.replace("_", " ")).split()).casefold()


def one_of(text: str, names: Mapping[str, object]) -> str | None:
    return next((name for name in names if text and _folded(name) == _folded(text)), None)


def guideline_of(text: str, known: Mapping[str, str]) -> str | None:
    """By id, by title, or as the one id that stands somewhere in the line."""
    whole = next((g for g, title in known.items() if text and _folded(text) in (_folded(g), _folded(title))), None)
    if whole is not None:
        return whole
    within = [g for g, title in known.items() if g in text.split() or (title and title.casefold() in text.casefold())]
    return within[0] if len(within) == 1 else None


def measure_of(text: str) -> str | None:
    wanted = _folded(text)
    for name, measured in MEASURED.items():
        if wanted and wanted in (_folded(name), _folded(measured.title)):
            return name
    return None


def better_of(text: str, measure: str | None) -> Direction | None:
    if not text:
        return MEASURED[measure].better if measure else "lower"
    match text.split()[0].casefold().strip(".,;"):
        case "lower" | "less" | "fewer" | "shorter":
            return "lower"
        case "higher" | "more" | "longer":
            return "higher"
    return None


def guards_of(text: str) -> tuple[str, ...] | None:
    """None where something in the list is no measure. A line that is missing names none."""
    if not text or _folded(text) in ("none", "nothing", "no"):
        return ()
    found = [measure_of(part) for part in re.split(r"[,;]", text) if part.strip()]
    return None if None in found else tuple(dict.fromkeys(name for name in found if name))


def scope_of(text: str) -> tuple[str, str, tuple[str, ...]]:
    """Label, query, keys of issues: one of them, or none."""
    if asked := _QUERY.match(text):
        return "", asked[1].strip(), ()
    if named := _LABEL.search(text):
        return named[1], "", ()
    return "", "", tuple(dict.fromkeys(_KEY.findall(text)))


def comparison_of(text: str) -> Comparison | None:
    wanted = _folded(text)
    if not wanted or "same" in wanted or "beside" in wanted:
        return "same period"
    return "before" if "before" in wanted or "older" in wanted else None


def start_of(text: str) -> str | None:
    wanted = _folded(text)
    if wanted in ("", "now", "at once"):
        return NOW
    if "moved" in wanted:
        return WHEN_MOVED
    return None if (day := _day(text)) is None else day.isoformat()


def ends_of(text: str) -> tuple[int | None, date | None]:
    counted = _COUNT.search(text)
    size = int(counted[1] or counted[2]) if counted else None
    return (size if size is not None and 1 <= size <= LARGEST else None), _day(text)


def _day(text: str) -> date | None:
    found = _DAY.search(text)
    if found is None:
        return None
    try:
        return date.fromisoformat(found[0])
    except ValueError:
        return None


def smallest_of(text: str) -> float | None:
    if not text:
        return 0.1
    found = _PERCENT.search(text)
    share = float(found[1].replace(",", ".")) / 100 if found else -1.0
    return share if 0 <= share < 1 else None
