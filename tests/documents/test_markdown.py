"""The Markdown of our templates becomes blocks; what is not part of it stays visible as text."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mdurl import _encode

from eal_jira.documents.blocks import (
    Chip,
    Code,
    CodeBlock,
    Emphasis,
    Expand,
    Heading,
    LineBreak,
    Link,
    List,
    Panel,
    Paragraph,
    Picture,
    Quote,
    Rule,
    Strong,
    Table,
    Text,
    words,
)
from eal_jira.documents.markdown import escape, parse
from eal_jira.documents.text import LONGEST, one_line


def test_every_block_has_its_markdown() -> None:
    blocks = parse(
        "## A *b* **c** `d`\n\none\\\ntwo\n\n- x\n- y\n  - z\n\n3. p\n4. q\n\n> said\n\n---\n\n```diff\n- a\n+ b\n```\n"
    )
    assert blocks == (
        Heading(2, (Text("A "), Emphasis((Text("b"),)), Text(" "), Strong((Text("c"),)), Text(" "), Code("d"))),
        Paragraph((Text("one"), LineBreak(), Text("two"))),
        List(
            (
                (Paragraph((Text("x"),)),),
                (Paragraph((Text("y"),)), List(((Paragraph((Text("z"),)),),))),
            )
        ),
        List(((Paragraph((Text("p"),)),), (Paragraph((Text("q"),)),)), start=3),
        Quote((Paragraph((Text("said"),)),)),
        Rule(),
        CodeBlock("- a\n+ b", "diff"),
    )


def test_a_table_keeps_the_side_its_columns_stand_on() -> None:
    assert parse("| a | b | c |\n|---|--:|:-:|\n| 1 | 2 \\| 3 | |\n") == (
        Table(
            header=((Text("a"),), (Text("b"),), (Text("c"),)),
            rows=(((Text("1"),), (Text("2 | 3"),), ()),),
            align=("left", "right", "center"),
        ),
    )


@pytest.mark.parametrize(
    ("markdown", "block"),
    [
        ("> [!NOTE] Look *here*", Panel("note", (Paragraph((Text("Look "), Emphasis((Text("here"),)))),))),
        ("> [!TIP]\n> Look", Panel("tip", (Paragraph((Text("Look"),)),))),
        ("> [!CAUTION]\n>\n> Look", Panel("caution", (Paragraph((Text("Look"),)),))),
        ("> [!MORE] The *rest*\n>\n> ---", Expand("The rest", (Rule(),))),
        ("> [!LOUD] x", Quote((Paragraph((Text("[!LOUD] x"),)),))),
        ("> \\[!NOTE] x", Quote((Paragraph((Text("[!NOTE] x"),)),))),
        ("![How long?](figure:cycle-time)", Picture("cycle-time", "How long?")),
        ("[works](chip:good)", Paragraph((Chip("works", "good"),))),
        ("[works](chip:loud)", Paragraph((Text("works"),))),
    ],
)
def test_our_conventions_read_well_and_mean_something(markdown: str, block: object) -> None:
    assert parse(markdown) == (block,)


def test_a_picture_in_a_line_is_its_words() -> None:
    assert parse("see ![this *one*](figure:x) and ![that](https://x.example/y.png)") == (
        Paragraph((Text("see this "), Emphasis((Text("one"),)), Text(" and that"))),
    )


@pytest.mark.parametrize(
    "url",
    [
        "https://tracker.example.com/browse/PAY-1?a=1&b=2#c",
        "http://127.0.0.1:8080/browse/PAY-1",
        "/browse/PAY-1",
        "retro.html",
        "../index.html#top",
    ],
)
def test_links_go_to_the_web_or_stay_beside_the_page(url: str) -> None:
    assert parse(f"[x](<{url}>)") == (Paragraph((Link(url, (Text("x"),)),)),)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java&#10;script:alert(1)",
        "&#106;avascript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "mailto:a@b.example",
        "ftp://x.example",
        "file:///etc/passwd",
        "//x.example",
        "https:x",
        "https://",
        "x:y",
        "",
    ],
)
def test_a_link_to_anywhere_else_is_only_its_words(url: str) -> None:
    assert parse(f"[x](<{url}>)") == (Paragraph((Text("x"),)),)


def test_html_is_text() -> None:
    assert parse("<b>x</b> &amp; <!-- y -->") == (Paragraph((Text("<b>x</b> & <!-- y -->"),)),)
    assert parse("<div>\n\nx") == (Paragraph((Text("<div>"),)), Paragraph((Text("x"),)))


@given(st.text(max_size=200))
def test_escaped_text_is_one_paragraph_of_that_text(text: str) -> None:
    expected = () if one_line(text) == "" else (Paragraph((Text(one_line(text)),)),)
    assert parse(escape(text)) == expected


@given(st.text(max_size=60), st.text(max_size=60))
def test_escaped_text_stays_in_its_cell(one: str, other: str) -> None:
    (table,) = parse(f"|a|b|\n|-|-|\n|{escape(one)}|{escape(other)}|\n")
    assert isinstance(table, Table)
    assert [words(cell) for cell in table.rows[0]] == [one_line(one), one_line(other)]


def test_text_without_end_is_cut_with_a_word_that_says_so() -> None:
    (paragraph,) = parse(escape("x" * 100_000))
    assert isinstance(paragraph, Paragraph)
    assert words(paragraph.line) == "x" * LONGEST + " … (cut)"


@given(st.text(alphabet="ab \n\t#*_`>-+1.|[]()!<>&~\\:=", max_size=200))
def test_every_text_is_a_document(markdown: str) -> None:
    assert isinstance(parse(markdown), tuple)


def test_threads_that_meet_their_first_address_at_once_all_read_it() -> None:
    """Tickets and pages are delivered side by side, and the parser fills a table when it is first used."""
    text = "[" + "x" * 10 + "](https://example.com/a%20b?c=d)"
    expected = parse(text)
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            for _ in range(100):
                _encode.encode_cache.clear()
                assert list(pool.map(parse, [text] * 16)) == [expected] * 16
    finally:
        sys.setswitchinterval(before)
