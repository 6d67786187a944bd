from __future__ import annotations

import base64
import hashlib
import io
import os
import random
import re
import struct
import subprocess
import sys
import unicodedata
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from threading import Event, Thread
from zoneinfo import ZoneInfo

import matplotlib as mpl
import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from eal_jira.reflection.charts.canvas import OTHERS, SERIES, canvas, clean, spread
from eal_jira.reflection.charts.numbers import percentiles, share_of, work_columns
from tests.learning.builders import BLOCKED, DAY, DOING, DONE, MONDAY, OPEN, ORDER, REVIEW, VOCABULARY, done

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "$x^{_2 <b>&\x00\x1b\ud800\u202e 日本語 😀"


def history(n: int, seed: int = 1) -> list[Measures]:
    dice = random.Random(seed)
    return [
        done(
            number,
            dice.lognormvariate(1, 0.8),
            type=dice.choice(["Story", "Bug", "Task"]),
            finished=MONDAY + dice.uniform(0, 80) * DAY,
            age_at_leaving={DOING: dice.uniform(0.5, 4) * DAY, REVIEW: dice.uniform(4, 9) * DAY},
        )
        for number in range(n)
    ]


def under_way(n: int, seed: int = 2) -> list[Measures]:
    dice = random.Random(seed)
    return [
        done(900 + k, dice.lognormvariate(1, 1), finished=None, status=dice.choice([DOING, BLOCKED, REVIEW]))
        for k in range(n)
    ]


COUNTS = [
    GuidelineCount("review", "Work is reviewed before it is done", 80, 12, 70, 20),
    GuidelineCount("limit", "A review takes at most two working days", 64, 31),
    GuidelineCount("rare", "Releases are announced", 4, 1),
]
FIRST, LAST = MONDAY - 5 * DAY, MONDAY + 80 * DAY


def stood(n: int) -> list[Measures]:
    dice = random.Random(5)
    return [
        replace(i, time_per_status={OPEN: dice.uniform(0, 4) * DAY, DOING: dice.uniform(0, 9) * DAY, DONE: 50 * DAY})
        for i in history(n)
    ]


def trial(n: int) -> Trial:
    dice = random.Random(6)
    taken = [Taken(f"PAY-{k}", MONDAY + k * DAY, dice.lognormvariate(1, 0.6), k % 3 == 0) for k in range(n)]
    versions = [(MONDAY - DAY, "v1"), (MONDAY + 9 * DAY, "v2")]
    return Trial("x", "Pairing", "elapsed days", taken, MONDAY, None, (0.7, 0.55, 0.8), "works", versions)


PICTURES: dict[str, Callable[[], Figure]] = {
    "scatter": lambda: cycle_time_scatter(history(60)),
    "scatter with links": lambda: cycle_time_scatter(
        history(60), urls={str(n): f"https://tracker.example/browse/PAY-{n}" for n in range(60)}
    ),
    "ageing": lambda: ageing_wip([*history(60), *under_way(25)], ORDER, VOCABULARY),
    "deviations": lambda: deviations_per_guideline(COUNTS),
    "flow": lambda: cumulative_flow([*history(60), *under_way(25)], FIRST, LAST),
    "throughput": lambda: throughput_run(history(60), FIRST, LAST),
    "statuses": lambda: time_per_status(stood(60), ORDER, VOCABULARY),
    "forecast": lambda: how_many_by_when(history(60), FIRST, LAST),
    "experiment": lambda: experiment_chart(trial(60), name="experiment-1"),
}
every_picture = pytest.mark.parametrize("picture", PICTURES.values(), ids=PICTURES.keys())


# --- what a page may rely on ----------------------------------------------------------------------------------


@every_picture
def test_the_same_values_give_the_same_bytes(picture: Callable[[], Figure]) -> None:
    assert picture() == picture()


def test_another_process_gives_the_same_bytes() -> None:
    """Hash seeds differ from process to process: nothing in a picture may hang on them."""
    program = (
        "import hashlib, sys; sys.path.insert(0, '.')\n"
        "from tests.reflection.test_charts import PICTURES\n"
        "print(hashlib.sha256(repr([picture() for picture in PICTURES.values()]).encode()).hexdigest())"
    )
    there = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONHASHSEED": "4711"},
    )
    here = hashlib.sha256(repr([picture() for picture in PICTURES.values()]).encode()).hexdigest()
    assert there.stdout.strip() == here


def test_the_order_of_the_issues_changes_nothing() -> None:
    issues = [*history(40), *under_way(20)]
    shuffled = random.Random(3).sample(issues, len(issues))
    assert cycle_time_scatter(shuffled) == cycle_time_scatter(issues)
    assert ageing_wip(shuffled, ORDER, VOCABULARY) == ageing_wip(issues, ORDER, VOCABULARY)
    assert deviations_per_guideline(COUNTS[::-1]) == deviations_per_guideline(COUNTS)


def test_somebody_elses_settings_of_the_library_change_nothing() -> None:
    usual = cycle_time_scatter(history(30))
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "red", "svg.fonttype": "path", "text.parse_math": True}):
        assert cycle_time_scatter(history(30)) == usual
        assert mpl.rcParams["font.size"] == 30, "and theirs stay as they were"


def test_pictures_are_drawn_one_at_a_time() -> None:
    """The library's settings belong to the whole process; two teams' retros may be built in two threads."""
    entered = Event()

    def draw() -> None:
        with canvas("Another", "", 100, (10, 10, 10, 10)):
            entered.set()

    other = Thread(target=draw)
    with canvas("One", "", 100, (10, 10, 10, 10)):
        other.start()
        assert not entered.wait(0.2)
    other.join(10)
    assert entered.is_set()


def test_a_drawing_that_fails_leaves_the_way_free() -> None:
    with pytest.raises(ZeroDivisionError), canvas("One", "", 100, (10, 10, 10, 10)):
        raise ZeroDivisionError
    assert mpl.rcParams["svg.hashsalt"] is None
    assert cycle_time_scatter(history(6)).svg


@every_picture
def test_the_drawing_stands_alone_and_needs_no_style(picture: Callable[[], Figure]) -> None:
    """Nothing that a policy of `default-src 'none'` refuses is in it, and every reference has its target."""
    figure = picture()
    root = ET.fromstring(figure.svg)
    ids = [element.attrib["id"] for element in root.iter() if "id" in element.attrib]
    assert len(ids) == len(set(ids))
    assert all(ident.startswith(f"{figure.name}-") for ident in ids), "two figures on one page never share an id"
    for element in root.iter():
        assert element.tag.removeprefix(SVG) not in {"style", "script", "image", "metadata", "foreignObject"}
        assert "style" not in element.attrib
        assert not any(key.startswith("on") for key in element.attrib)
        target = element.attrib.get("href", "#" + ids[0])
        assert target[1:] in ids or (element.tag == f"{SVG}a" and target.startswith("https://tracker.example/"))
        for reference in re.findall(r"url\(#([^)]*)\)", " ".join(element.attrib.values())):
            assert reference in ids


@every_picture
def test_the_drawing_names_itself_to_those_who_cannot_see_it(picture: Callable[[], Figure]) -> None:
    figure = picture()
    root = ET.fromstring(figure.svg)
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert description is not None
    assert (title.text, description.text) == (figure.title, figure.summary)
    assert root.attrib["aria-labelledby"].split() == [title.attrib["id"], description.attrib["id"]]
    # an image hides what is inside it from assistive technology: with links inside it has to be a group
    assert root.attrib["role"] == ("group" if root.find(f".//{SVG}a") is not None else "img")


@every_picture
def test_ink_takes_the_colour_of_the_page_and_the_paper_is_transparent(picture: Callable[[], Figure]) -> None:
    root = ET.fromstring(picture().svg)
    known = {"none", "currentColor", OTHERS[0], *(colour for colour, _ in SERIES)}
    assert {e.attrib[key] for e in root.iter() for key in ("fill", "stroke") if key in e.attrib} <= known
    texts = list(root.iter(f"{SVG}text"))
    assert texts
    assert {text.attrib.get("fill") for text in texts} == {"currentColor"}


@every_picture
def test_the_file_has_twice_the_pixels_of_the_page(picture: Callable[[], Figure]) -> None:
    figure = picture()
    png = io.BytesIO(base64.b64decode(figure.png, validate=True)).read()
    assert png.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", png[16:24])
    root = ET.fromstring(figure.svg)
    assert (width, height) == (2 * int(root.attrib["width"]), 2 * int(root.attrib["height"]))
    assert b"Matplotlib" not in png


@every_picture
def test_every_row_fits_its_header(picture: Callable[[], Figure]) -> None:
    figure = picture()
    assert figure.rows
    assert {len(row) for row in figure.rows} == {len(figure.header)}


@pytest.mark.parametrize("paper", ["#ffffff", "#0d1117"])
def test_every_colour_is_told_from_light_and_dark_paper(paper: str) -> None:
    """3:1, WCAG 2.2 success criterion 1.4.11, with the little of the paper that shines through a mark."""

    def luminance(colour: list[float]) -> float:
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def channels(code: str) -> list[float]:
        return [int(code[i : i + 2], 16) / 255 for i in (1, 3, 5)]

    for colour, _ in (*SERIES, OTHERS):
        seen = [0.9 * c + 0.1 * p for c, p in zip(channels(colour), channels(paper), strict=True)]
        low, high = sorted((luminance(seen), luminance(channels(paper))))
        assert (high + 0.05) / (low + 0.05) >= 3, colour


# --- the cycle-time scatterplot -------------------------------------------------------------------------------


def words(figure: Figure) -> list[str]:
    return [text.text or "" for text in ET.fromstring(figure.svg).iter(f"{SVG}text")]


def test_the_lines_say_within_how_many_days_so_many_were_finished() -> None:
    figure = cycle_time_scatter([done(n, float(n), finished=MONDAY + n * DAY) for n in range(1, 21)])
    assert figure.summary == (
        "Of 20 issues finished from 2026-03-03 to 2026-03-22, half took up to 10 days and 85 % up to 17;"
        " the longest took 20 days."
    )
    said = words(figure)
    for line, within in (("50 %", "10"), ("70 %", "14"), ("85 %", "17"), ("95 %", "19")):
        assert line in said
        assert f"within {within} days" in said
    assert figure.rows[0] == ("PAY-20", "Story", "2026-03-22", "20.0")


def test_below_five_issues_there_are_dots_and_no_percentiles() -> None:
    figure = cycle_time_scatter(history(4))
    assert figure.summary.endswith("too few for percentiles, which need 5.")
    assert not any("%" in text for text in words(figure))
    assert figure.svg.count("<title>") == 4
    assert any("%" in text for text in words(cycle_time_scatter(history(5))))


def test_nothing_finished_is_a_sentence_and_no_picture() -> None:
    figure = cycle_time_scatter([done(1, 3.0, finished=None), done(2, None)])
    assert figure.summary == ("No issue with a cycle time was finished; 1 went straight to done, without a cycle time.")
    assert (figure.svg, figure.png, figure.rows) == ("", "", ())


def test_the_day_of_the_finish_is_the_teams_day() -> None:
    late = [done(1, 1.0, finished=MONDAY.replace(hour=23, minute=30))]
    assert cycle_time_scatter(late).rows[0][2] == "2026-03-02"
    assert cycle_time_scatter(late, zone=ZoneInfo("Europe/Berlin")).rows[0][2] == "2026-03-03"


def test_an_issue_that_lies_far_out_bends_the_axis_and_the_picture_says_so() -> None:
    level = [done(n, 2.0 + n / 10, finished=MONDAY + n * DAY) for n in range(30)]
    far = done(99, 200.0, finished=MONDAY)
    assert not any("logarithmic" in text for text in words(cycle_time_scatter(level)))
    assert any("scale logarithmic above 1 day" in text for text in words(cycle_time_scatter([*level, far])))


def test_each_dot_tells_its_issue_and_leads_to_it() -> None:
    figure = PICTURES["scatter with links"]()
    links = [link.attrib["href"] for link in ET.fromstring(figure.svg).iter(f"{SVG}a")]
    assert sorted(links) == sorted(f"https://tracker.example/browse/PAY-{n}" for n in range(60))
    for row in figure.rows:
        assert f"<title>{row[0]} · {row[1]} · " in figure.svg


def test_types_beyond_the_colours_share_one() -> None:
    issues = [done(n, 1.0 + n, type=f"Type {n % 7}") for n in range(35)]
    said = words(cycle_time_scatter(issues))
    assert "Type 3 (5)" in said
    assert "other types (15)" in said


def test_one_moment_is_no_trouble() -> None:
    assert cycle_time_scatter([done(n, 0.0) for n in range(6)]).svg


def test_hostile_text_can_neither_break_the_picture_nor_hide_in_it() -> None:
    issues = [done(n, 1.0 + n, type=HOSTILE) for n in range(6)]
    vocabulary = Vocabulary({DOING: Status(DOING, HOSTILE, Category.DOING)}, {})
    for figure in (
        cycle_time_scatter(issues),
        ageing_wip([done(1, 2.0, finished=None, status=DOING, type=HOSTILE)], ORDER, vocabulary),
        deviations_per_guideline([GuidelineCount("x", HOSTILE * 9, 9, 3)]),
    ):
        ET.fromstring(figure.svg.encode())
        everything = figure.svg + figure.summary + "".join(map("".join, figure.rows))
        assert not [c for c in everything if unicodedata.category(c) in {"Cc", "Cs", "Cf"}]
        assert "$x^{_2" in figure.summary + "".join(figure.rows[0])


# --- ageing work in progress ----------------------------------------------------------------------------------


def test_a_column_shows_how_old_others_were_when_they_left_it() -> None:
    finished = [done(n, 30.0, age_at_leaving={DOING: n * DAY, REVIEW: 2 * n * DAY}) for n in range(1, 21)]
    current = [done(50, 18.0, finished=None, status=DOING), done(51, 15.0, finished=None, status=REVIEW)]
    figure = ageing_wip([*finished, *current], ORDER, VOCABULARY)
    assert figure.rows == (
        ("PAY-50", "In Progress", "Story", "18.0", "85 %"),
        ("PAY-51", "In Review", "Story", "15.0", ""),
    )
    assert figure.summary == (
        "2 issues under way, the oldest PAY-50 with 18 days, in “In Progress”;"
        " 1 older than 85 % of the finished ones were when they left the same status."
    )


def test_work_put_back_or_never_started_is_not_under_way() -> None:
    put_back = done(1, 9.0, finished=None, status=ORDER[0])
    never_started = done(2, None, finished=None, status=ORDER[0])
    figure = ageing_wip([*history(20), put_back, never_started], ORDER, VOCABULARY)
    assert figure.summary == "No work is under way."
    assert figure.svg == ""


def test_a_column_with_little_history_has_no_bands_and_the_summary_says_so() -> None:
    issues = [*history(4), done(50, 2.0, finished=None, status=DOING)]
    figure = ageing_wip(issues, ORDER, VOCABULARY)
    assert "fewer than 5 finished issues to compare with in “In Progress”, “In Review”." in figure.summary
    assert not any("%" in text for text in words(figure))
    assert figure.rows[0][-1] == ""


def test_columns_stand_in_the_usual_order_and_statuses_of_one_name_together() -> None:
    statuses = {
        "a": Status("a", "Review", Category.DOING),
        "b": Status("b", "Build", Category.DOING),
        "c": Status("c", " review ", Category.DOING),
        "d": Status("d", "Zebra", Category.DOING),
        "e": Status("e", "Never used", Category.DOING),
        DONE: Status(DONE, "Done", Category.DONE),
    }
    issues = [done(n, 5.0, finished=None, status=status) for n, status in enumerate("abcd")]
    issues += [done(10 + n, 9.0, age_at_leaving={"a": 2 * DAY, "c": 4 * DAY}) for n in range(5)]
    columns = work_columns(issues, ("b", "a", DONE, "c"), Vocabulary(statuses, {}), 5)
    assert [(column.name, len(column.issues), column.history) for column in columns] == [
        ("Build", 1, 0),
        ("Review", 2, 5),
        ("Zebra", 1, 0),
    ]
    assert columns[1].percentiles == {50: 4, 70: 4, 85: 4, 95: 4}, "it left the pair of them when it left the later one"


def test_the_oldest_are_named_and_no_more_than_eight() -> None:
    issues = [done(n, float(n), finished=None, status=DOING) for n in range(1, 31)]
    named = [text for text in words(ageing_wip(issues, ORDER, VOCABULARY)) if text.startswith("PAY-")]
    assert sorted(named) == sorted(f"PAY-{n}" for n in range(23, 31))


def test_a_crowded_column_is_still_drawn() -> None:
    figure = ageing_wip([done(n, 1.0, finished=None, status=DOING) for n in range(300)], ORDER, VOCABULARY)
    assert figure.svg.count("<title>") == 300


# --- deviations per guideline ---------------------------------------------------------------------------------


def test_guidelines_are_ordered_by_share_and_carry_their_interval() -> None:
    figure = deviations_per_guideline(COUNTS)
    assert figure.rows == (
        ("A review takes at most two working days", "64", "31", "48 %", "37 % to 60 %", ""),
        ("Work is reviewed before it is done", "80", "12", "15 %", "9 % to 24 %", "29 %"),
        ("Releases are announced", "fewer than 5", "", "", "", ""),
    )
    assert figure.summary == (
        "Of 2 guidelines, “A review takes at most two working days” was departed from most often: in 31 of 64 issues"
        " (48 %, 95 % interval 37 % to 60 %); 1 more applied to fewer than 5 issues."
    )
    assert {"31 of 64", "12 of 80"} <= set(words(figure))


def test_a_guideline_that_nobody_departed_from_is_shown_as_well() -> None:
    kept = [GuidelineCount("a", "One", 40, 0), GuidelineCount("b", "Two", 30, 0)]
    figure = deviations_per_guideline(kept)
    assert figure.summary == "None of 2 guidelines was departed from."
    assert "0 of 40" in words(figure)


def test_without_enough_issues_there_is_no_picture_and_no_number() -> None:
    figure = deviations_per_guideline([GuidelineCount("a", "One", 4, 2)])
    assert figure.summary == "No guideline applied to 5 or more issues."
    assert (figure.svg, figure.png) == ("", "")
    assert figure.rows == (("One", "fewer than 5", "", "", "", ""),)


# --- the parts ------------------------------------------------------------------------------------------------


@given(st.text(), st.integers(2, 40))
def test_cleaned_text_is_one_printable_line(text: str, limit: int) -> None:
    line = clean(text, limit)
    assert len(line) <= limit
    assert line == " ".join(line.split())
    ET.fromstring(f"<t>{line.replace('&', '').replace('<', '')}</t>".encode())


@given(st.lists(st.floats(0, 500), max_size=12), st.floats(0.1, 40))
def test_spread_labels_keep_their_order_and_their_distance(wanted: list[float], gap: float) -> None:
    placed = spread(wanted, gap)
    in_order = sorted(range(len(wanted)), key=wanted.__getitem__)
    heights = [placed[index] for index in in_order]
    assert all(b - a >= gap - 1e-9 for a, b in pairwise(heights))
    assert all(there >= here for here, there in zip(wanted, placed, strict=True))


@given(st.lists(st.floats(0, 1000), min_size=5, max_size=60))
def test_so_many_of_a_hundred_really_took_no_longer(days: list[float]) -> None:
    for line, within in percentiles(days, 5).items():
        assert within in days
        assert sum(value <= within for value in days) >= line / 100 * len(days)
        assert sum(value < within for value in days) < line / 100 * len(days)


def test_shares_are_wilsons_and_none_for_a_small_group() -> None:
    assert share_of(2, 4, 5) is None
    assert share_of(0, 10, 5) == pytest.approx((0, 0, 0.2775), abs=1e-4)


def test_a_duration_is_elapsed_time() -> None:
    issue = done(1, 1.5, finished=MONDAY)
    assert issue.cycle_time == timedelta(hours=36)
    assert cycle_time_scatter([issue]).rows[0][3] == "1.5"
