"""What a browser gets: elements without script or outside, figures with their words and their data."""

from __future__ import annotations

import csv
import io
import re
from urllib.parse import unquote

from eal_jira.documents import render
from eal_jira.model import Figure
from tests.documents.reading import read_html

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 5" role="img"><title id="cycle-title">T</title>'
    '<text x="1">5 &lt; 6 days</text></svg>'
)


def figure(title: str = "Cycle “time”") -> Figure:
    return Figure("cycle", title, "Half took under 3 days.", ("issue", "days"), (("PAY-1", "2.5"),), SVG)


def test_elements_say_what_they_are() -> None:
    page = render(
        "## T\n\n- a\n- b\n\n  c\n\n| h | n |\n|---|--:|\n| 1 | 2 |\n\n[ok](chip:good) [x](<https://e.example/?a=1&b=2>)",
        "html",
    )
    assert page == (
        "<h2>T</h2>\n<ul>\n<li>\n<p>a</p>\n</li>\n<li>\n<p>b</p>\n<p>c</p>\n</li>\n</ul>\n".replace(
            "<li>\n<p>a</p>\n</li>", "<li>a</li>"
        )
        + '<div class="scroll" role="group" aria-label="h, n" tabindex="0">\n<table>\n'
        '<thead><tr><th scope="col">h</th><th scope="col" class="right">n</th></tr></thead>\n'
        '<tbody>\n<tr><td>1</td><td class="right">2</td></tr>\n</tbody>\n</table>\n</div>\n'
        '<p><span class="chip chip-good">ok</span> '
        '<a href="https://e.example/?a=1&amp;b=2" rel="noreferrer">x</a></p>\n'
    )


def test_a_difference_marks_its_lines_also_without_colour() -> None:
    assert render("```diff\n- a<b\n+ c\n  d\n```\n", "html") == (
        '<pre class="diff"><code><del>- a&lt;b</del>\n<ins>+ c</ins>\n  d</code></pre>\n'
    )


def test_a_figure_stands_with_question_summary_drawing_and_data() -> None:
    page = render("![How long?](figure:cycle)", "html", {"cycle": figure()})
    form, said = read_html(page)
    assert (
        said == "How long? Half took under 3 days. T 5 < 6 days The numbers behind it Save as CSV issue days PAY-1 2.5"
    )
    assert " ".join(entry[0] for entry in form if isinstance(entry, tuple)) == (
        "figure figcaption strong div svg title text details summary p a div table thead tr th th tbody tr td td"
    )
    assert SVG in page
    assert 'aria-label="Chart: Cycle “time”"' in page
    assert '<td class="right">2.5</td>' in page


def test_a_caption_that_is_the_title_is_said_once() -> None:
    page = render("![T](figure:cycle)", "html", {"cycle": figure(title="T")})
    assert "<figcaption>Half took under 3 days.</figcaption>" in page


def test_no_line_breaks_before_a_per_cent_sign() -> None:
    assert render("95 % of 5%", "html") == "<p>95\u00a0% of 5%</p>\n"


def test_a_figure_without_drawing_or_data_is_its_words() -> None:
    thin = Figure("cycle", "Cycle time", "Too few issues.", (), (), "")
    assert render("![How long?](figure:cycle)", "html", {"cycle": thin}) == (
        "<figure>\n<figcaption><strong>How long?</strong> Too few issues.</figcaption>\n</figure>\n"
    )


def test_the_words_of_a_figure_are_text() -> None:
    hostile = Figure("cycle", '"><b>', "<b>", ("<b>",), (("<b>",),), "")
    form, _ = read_html(render("![x](figure:cycle)", "html", {"cycle": hostile}))
    assert "/b" not in form


def test_same_input_same_bytes() -> None:
    markdown = "![x](figure:cycle)\n\n| a |\n|---|\n| b |\n"
    assert render(markdown, "html", {"cycle": figure()}) == render(markdown, "html", {"cycle": figure()})


def test_a_figures_data_can_be_saved_as_csv_without_fetching_anything() -> None:
    figure = Figure("ages", "Ages", "Old.", ("Issue", "Days"), (("=1+1", "2"), ('a,"b"', "-3.5")), "")
    page = render("![How?](figure:ages)\n", "html", {"ages": figure})
    found = re.search(r'<a download="ages\.csv" href="data:text/csv;charset=utf-8,([^"]*)" ', page)
    assert found
    rows = list(csv.reader(io.StringIO(unquote(found[1]))))
    assert rows == [["Issue", "Days"], ["'=1+1", "2"], ['a,"b"', "-3.5"]]


def test_what_scrolls_by_itself_is_no_landmark_so_that_two_tables_may_bear_one_name() -> None:
    page = render(
        "| h |\n|---|\n| x |\n\ntext\n\n| h |\n|---|\n| y |\n\n![c](figure:cycle)\n", "html", {"cycle": figure()}
    )
    assert page.count('aria-label="h"') == 2
    assert "region" not in page
    assert page.count('tabindex="0"') == page.count('role="group"') > 2
