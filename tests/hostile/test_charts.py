"""Hostile texts in every field that a chart shows: the drawing is valid, runs nothing, leads nowhere, and is soon done.

A dozen texts a drawing, each in one kind of chart here; `make hostile` takes each in all of them.
"""

from __future__ import annotations

import os
import time
import unicodedata
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from eal_jira.documents import render
from eal_jira.learning.measures import Measures
from eal_jira.model import Category, Figure, Status, Vocabulary
from eal_jira.reflection.charts import (
    GuidelineCount,
    Taken,
    Trial,
    ageing_wip,
    cumulative_flow,
    cycle_time_scatter,
    deviations_per_guideline,
    experiment_chart,
    how_many_by_when,
    throughput_run,
    time_per_status,
)
from tests.documents.reading import read_html
from tests.hostile.payloads import long_payloads, payloads
from tests.learning.builders import DAY, MONDAY, done
from tests.reflection.test_charts import FIRST, LAST, SVG

WHOLE = bool(os.environ.get("HOSTILE"))
TEXTS = payloads()
#: of one drawing: as many as there are statuses, types, guidelines and issues in it
HANDFUL = 12
HANDFULS = [TEXTS[start : start + HANDFUL] for start in range(0, len(TEXTS), HANDFUL)]
TAGS = {"svg", "g", "defs", "path", "use", "clipPath", "rect", "text", "tspan", "a", "title", "desc"}
ADDRESS = "https://tracker.example/browse/"


def vocabulary(texts: Sequence[str]) -> Vocabulary:
    return Vocabulary({str(n): Status(str(n), text, Category.DOING) for n, text in enumerate(texts)}, {})


def issues(texts: Sequence[str]) -> list[Measures]:
    """Finished and unfinished ones; each has hostile words for what it is, and has stood in hostile statuses."""
    found = []
    for n in range(5 * len(texts)):
        text, status = texts[n % len(texts)], str(n % len(texts))
        plain = done(n, 1.0 + n, finished=MONDAY + n * DAY, type=text, priority=text, components=(text,))
        spent = {status: (1 + n) * DAY}
        found.append(replace(plain, key=text, labels=(text,), time_per_status=spent, age_at_leaving=spent))
        found.append(replace(done(1000 + n, 2.0 + n, finished=None, status=status, type=text), key=text))
    return found


def addresses(texts: Sequence[str]) -> dict[str, str]:
    """What a careless adapter might give: every second one says where a script is, or nothing of the web."""
    return {str(n): f"javascript:{texts[n % len(texts)]}" if n % 2 else f"{ADDRESS}{n}" for n in range(5 * len(texts))}


def trial(texts: Sequence[str]) -> Trial:
    taken = [
        Taken(texts[n % len(texts)], MONDAY + n * DAY, 1.0 + n, n % 2 == 0, f"//{texts[n % len(texts)]}")
        for n in range(2 * len(texts))
    ]
    first, second = texts[0], texts[-1]
    versions = [(MONDAY + n * DAY, text) for n, text in enumerate(texts)]
    return Trial("x", first, second, taken, MONDAY, None, (0.7, 0.6, 0.8), first, versions)


CHARTS: dict[str, Callable[[Sequence[str]], Figure]] = {
    "cycle time": lambda texts: cycle_time_scatter(issues(texts), urls=addresses(texts), png=False),
    "ageing": lambda texts: ageing_wip(
        issues(texts), [str(n) for n in range(len(texts))], vocabulary(texts), urls=addresses(texts), png=False
    ),
    "flow": lambda texts: cumulative_flow(issues(texts), FIRST, LAST, png=False),
    "throughput": lambda texts: throughput_run(issues(texts), FIRST, LAST, png=False),
    "statuses": lambda texts: time_per_status(issues(texts), (), vocabulary(texts), png=False),
    "forecast": lambda texts: how_many_by_when(issues(texts), FIRST, LAST, png=False),
    "deviations": lambda texts: deviations_per_guideline(
        [GuidelineCount(text, text, 20 + n, n, 20, 5) for n, text in enumerate(texts)], png=False
    ),
    "experiment": lambda texts: experiment_chart(trial(texts), name="experiment-1", png=False),
}


def is_harmless(figure: Figure) -> None:
    root = ET.fromstring(figure.svg.encode())
    for element in root.iter():
        assert element.tag.removeprefix(SVG) in TAGS, figure.svg[:200]
        for name, value in element.attrib.items():
            assert name != "style"
            assert not name.startswith("on")
            if name == "href":
                assert value.startswith(("#", ADDRESS)), value
            else:
                assert "url(" not in value or value.startswith("url(#"), value
    said = [figure.title, figure.summary, *(cell for row in figure.rows for cell in row)]
    drawn = [word for element in root.iter() for word in (element.text, element.tail) if word]
    for text in (*said, *drawn):
        assert not [c for c in text if unicodedata.category(c)[0] == "C"], text
    # as a browser reads it, which has other rules for what ends an element
    inside, _ = read_html(render(f"![x](figure:{figure.name})", "html", {figure.name: figure}))
    for tag in inside:
        if isinstance(tag, tuple) and isinstance(tag[1], list):
            assert tag[0] not in ("script", "style", "image", "img", "iframe", "foreignobject", "animate"), tag
            for name, value in tag[1]:
                assert not name.startswith("on"), tag
                if name == "href":
                    assert (value or "").startswith(("#", ADDRESS, "data:text/csv")), tag


@pytest.mark.parametrize("part", range(8))
def test_a_hostile_text_in_every_field_of_a_chart_stays_text(part: int) -> None:
    kinds = list(CHARTS.values())
    for number, texts in enumerate(HANDFULS):
        if number % 8 == part:
            for chart in kinds if WHOLE else [kinds[(number // 8 + part) % len(kinds)]]:
                is_harmless(chart(texts))


@pytest.mark.parametrize("chart", CHARTS.values(), ids=CHARTS)
def test_math_and_signs_that_turn_the_line_stay_text_in_every_chart(chart: Callable[[Sequence[str]], Figure]) -> None:
    worst = ("$\\frac{1}{$", "$$", "\u202e]]>\x00\ud800<!--", "</svg><script>alert(1)</script>", " \n\t\u2028", "")
    figure = chart(worst)
    assert figure.svg
    is_harmless(figure)


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//t.example",
        "PAY-1",
        "https://t.example/<b>",
        f"https://{'x' * 9999}",
    ],
)
def test_a_mark_leads_to_a_whole_address_of_the_web_or_nowhere(address: str) -> None:
    assert "<a " not in cycle_time_scatter([done(1, 2.0)], urls={"1": address}, png=False).svg


@pytest.mark.parametrize("chart", CHARTS.values(), ids=CHARTS)
def test_a_very_long_text_makes_no_chart_slow(chart: Callable[[Sequence[str]], Figure]) -> None:
    texts = [text for _, text in long_payloads()]
    plain = [f"Word {n}" for n in range(len(texts))]
    chart(plain)
    took = []
    for each in (plain, texts):
        began = time.process_time()
        figure = chart(each)
        took.append(time.process_time() - began)
    assert took[1] < took[0] + 1, took
    is_harmless(figure)
    assert max(len(cell) for row in figure.rows for cell in row) <= 1_000
