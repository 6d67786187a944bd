"""What a browser gets: elements without script or outside, figures with their words and their data."""

from __future__ import annotations

import pytest

from eal_jira.documents import render
from eal_jira.model import Figure
from tests.documents.reading import read_html

SVG = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="460pt" height="345pt"
     viewBox="0 0 460 345" onload="alert(1)">
 <metadata><x xmlns="http://purl.org/dc/elements/1.1/">2026</x></metadata>
 <defs><style type="text/css">*{stroke-linejoin: round}</style>
  <clipPath id="p1"><rect width="4" height="5"/></clipPath></defs>
 <script>alert(1)</script>
 <g id="axes_1" clip-path="url(#p1)" style="fill: #1f77b4" onclick="x()"><path d="M 0 0 L 1 1" id="m"/>
  <use xlink:href="#m" x="3"/><use xlink:href="https://x.example/y.svg#m"/><image xlink:href="https://x.example/z.png"/>
  <path style="fill: url(https://x.example/w)" d="M 0 0"/><foreignObject><b>x</b></foreignObject>
  <a xlink:href="javascript:alert(1)"><text>link</text></a><text x="1">5 &lt; 6 days</text></g>
</svg>"""


def figure(name: str = "cycle", svg: str = SVG) -> Figure:
    return Figure(name, "Cycle time", "Half took under 3 days.", ("issue", "days"), (("PAY-1", "2.5"),), svg)


def test_elements_say_what_they_are() -> None:
    page = render(
        "## T\n\n- a\n- b\n\n  c\n\n| h | n |\n|---|--:|\n| 1 | 2 |\n\n[ok](chip:good) [x](<https://e.example/?a=1&b=2>)",
        "html",
    )
    assert page == (
        "<h2>T</h2>\n<ul>\n<li>\n<p>a</p>\n</li>\n<li>\n<p>b</p>\n<p>c</p>\n</li>\n</ul>\n".replace(
            "<li>\n<p>a</p>\n</li>", "<li>a</li>"
        )
        + '<div class="scroll" role="region" aria-label="Table" tabindex="0">\n<table>\n'
        '<thead><tr><th scope="col">h</th><th scope="col" class="right">n</th></tr></thead>\n'
        '<tbody>\n<tr><td>1</td><td class="right">2</td></tr>\n</tbody>\n</table>\n</div>\n'
        '<p><span class="chip chip-good">ok</span> '
        '<a href="https://e.example/?a=1&amp;b=2" rel="noreferrer">x</a></p>\n'
    )


def test_a_difference_marks_its_lines_also_without_colour() -> None:
    assert render("```diff\n- a<b\n+ c\n  d\n```\n", "html") == (
        '<pre class="diff"><code><del>- a&lt;b</del>\n<ins>+ c</ins>\n  d</code></pre>\n'
    )


def test_a_figure_stands_with_caption_summary_and_data() -> None:
    form, words = read_html(render("![How long?](figure:cycle)", "html", {"cycle": figure()}))
    assert words == "How long? Half took under 3 days. 5 < 6 days The numbers behind it issue days PAY-1 2.5"
    tags = [entry[0] for entry in form if isinstance(entry, tuple)]
    assert tags[:3] == ["figure", "figcaption", "strong"]
    assert tags[-8:] == ["table", "thead", "tr", "th", "th", "tbody", "tr", "td"][-8:] or "details" in tags
    (svg,) = [dict(entry[1]) for entry in form if isinstance(entry, tuple) and entry[0] == "svg"]
    assert svg["role"] == "img"
    assert svg["aria-labelledby"] == "figure-cycle"


def test_a_drawing_brings_shapes_and_text_only() -> None:
    page = render("![x](figure:cycle)", "html", {"cycle": figure()})
    for gone in (
        "script",
        "alert",
        "onload",
        "onclick",
        "example",
        "foreignObject",
        "metadata",
        "style type",
        "DOCTYPE",
        "<a ",
    ):
        assert gone not in page, gone
    assert 'd="M 0 0 L 1 1"' in page
    assert "5 &lt; 6 days" in page
    assert 'style="fill: #1f77b4"' in page


def test_two_drawings_on_a_page_share_no_names() -> None:
    page = render("![x](figure:one)\n\n![y](figure:two)", "html", {"one": figure("one"), "two": figure("two")})
    form, _ = read_html(page)
    ids = [dict(entry[1])["id"] for entry in form if isinstance(entry, tuple) and "id" in dict(entry[1])]
    assert len(ids) == len(set(ids)) == 8
    for name in ("one", "two"):
        assert f'clip-path="url(#{name}-p1)"' in page
        assert f'href="#{name}-m"' in page


@pytest.mark.parametrize("svg", ["", "<svg", "<b xmlns='http://www.w3.org/2000/svg'/>", "text"])
def test_what_is_not_a_drawing_is_said_so(svg: str) -> None:
    if not svg:  # a figure may be all words and numbers
        assert "<svg" not in render("![x](figure:cycle)", "html", {"cycle": figure(svg=svg)})
        return
    with pytest.raises(ValueError, match="'cycle' is not"):
        render("![x](figure:cycle)", "html", {"cycle": figure(svg=svg)})


def test_same_input_same_bytes() -> None:
    markdown = "![x](figure:cycle)\n\n| a |\n|---|\n| b |\n"
    assert render(markdown, "html", {"cycle": figure()}) == render(markdown, "html", {"cycle": figure()})
