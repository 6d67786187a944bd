"""Markdown files: what goes in comes out again, and nothing in foreign text has a meaning to any reader."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eal_jira.documents import escape, one_line, render
from eal_jira.documents.markdown import parse
from eal_jira.model import Figure

MARKDOWN = """\
## A heading

Words, **strong ones**, *soft ones*, `code`, and [a link](https://x.example.com/?a=1&b=2).

- one
- two

  another paragraph

  - nested

3. three
4. four

| h | n |
|---|--:|
| a\\|b | 1 |

> quoted
>
> twice

> [!NOTE]
>
> said

```diff
- x
+ ``` y
```

* * *
"""
FIGURE = Figure("cycle", "Cycle time", "Half took under 3 days.", ("issue", "days"), (("PAY-1", "2"),), "", "aW1n")


def test_a_document_says_the_same_after_it_was_written_and_read() -> None:
    written = render(MARKDOWN, "markdown")
    assert parse(written) == parse(MARKDOWN)
    assert render(written, "markdown") == written


@given(st.text(min_size=1, max_size=40).filter(lambda text: one_line(text) != ""))
def test_any_words_stay_words(text: str) -> None:
    for document in (
        escape(text),
        f"- {escape(text)}",
        f"| {escape(text)} |\n|---|\n| {escape(text)} |",
        f"# {escape(text)}",
    ):
        blocks = parse(document)
        assert str(parse(render(document, "markdown"))).replace("\\u2060", "") == str(blocks).replace("\\u2060", "")


@pytest.mark.parametrize("text", ["@ann", "a@b.example", "<a@b.example>", "x @all y"])
def test_a_mention_or_an_address_is_parted_where_a_reader_would_look_for_it(text: str) -> None:
    assert "@\u2060" in render(escape(text), "markdown")


def test_a_figure_is_a_picture_beside_the_file_with_its_words_and_numbers() -> None:
    written = render("![How?](figure:cycle)", "markdown", {"cycle": FIGURE}, beside="march/")
    assert "**How\\?** – Half took under 3 days\\." in written
    assert "![Cycle time](<march/eal-cycle.png>)" in written
    assert "| PAY\\-1 | 2 |" in written


def test_a_chip_is_a_word_in_brackets_and_what_unfolds_stands_open() -> None:
    written = render("[works](chip:good)\n\n> [!MORE] Why\n>\n> Because.", "markdown")
    assert written == "**\\[works\\]**\n\n**Why**\n\nBecause\\.\n"
