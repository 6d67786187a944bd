"""What Jira Data Center gets: wiki markup in which only our own signs mean anything."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from eal_jira.documents import render
from eal_jira.documents.wiki import LIMIT, escape
from tests.documents.reading import read_wiki, squeezed


def test_every_block_has_its_markup() -> None:
    markdown = (
        "## Title\n\none *two* **three** `fo}ur` [five](https://x.example/a|b) [six](chip:bad)\\\nseven\n\n"
        "- a\n- b\n\n  more of b\n\n  1. c\n\n| h | i |\n|---|---|\n| j | |\n\n> quote\n\n"
        "> [!TIP] tip\n\n> [!MORE] rest\n>\n> end\n\n---\n\n```\n{noformat} <x>\n```\n"
    )
    assert render(markdown, "wiki") == (
        "h2. Title\n\n"
        "one _two_ *three* {{fo&#125;ur}} [five|https://x.example/a%7Cb] {color:#bf2600}*six*{color}\nseven\n\n"
        "* a\n* b \\\\ more of b\n*# c\n\n"
        "|| h || i ||\n| j |  |\n\n"
        "{quote}\nquote\n{quote}\n\n"
        "{panel:bgColor=#e3fcef}\ntip\n{panel}\n\n"
        "*rest*\n\nend\n\n"
        "----\n\n"
        "{noformat}\n{\u200bnoformat} <x>\n{noformat}"
    )


def test_phrases_in_the_middle_of_a_word_stand_in_braces() -> None:
    assert render("un**believ**able, **so** it is", "wiki") == "un{*}believ{*}able, *so* it is"


def test_a_relative_link_counts_only_from_the_root() -> None:
    assert render("[all](<~admin>) [here](<retro.html>) [PAY-1](</browse/PAY-1>)", "wiki") == (
        "all here [PAY-1|/browse/PAY-1]"
    )


def test_names_of_things_are_left_readable() -> None:
    assert escape("PAY-12: snake_case, 12:30, Review: two-day limit") == (
        "PAY-12: snake_case, 12:30, Review: two-day limit"
    )


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="ab1 .:;,!?*_-+#~^`'\"|\\/<>()[]{}&@%$=hbqPDy", max_size=40))
def test_escaped_text_means_nothing_to_the_renderer(text: str) -> None:
    form, words = read_wiki(f"x {escape(text)} y")
    assert form == read_wiki("x y")[0]
    assert words == squeezed(f"x {text} y")


def test_length_is_counted_as_the_tracker_counts() -> None:
    markup = render("\n\n".join(["\U0001f600" * 100] * 400), "wiki")
    assert LIMIT - 300 < len(markup.encode("utf-16-le")) // 2 <= LIMIT
    assert "cut here" in markup
    exactly = "x" * (LIMIT - 1)
    assert render(exactly + "x", "wiki") == exactly + "x"
    assert "cut here" in render(exactly + "xy", "wiki")
