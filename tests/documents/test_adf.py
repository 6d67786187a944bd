"""What Jira Cloud gets is valid ADF, whatever a template holds, and within its length."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eal_jira.documents import render
from eal_jira.documents.adf import LIMIT
from eal_jira.model import Figure
from tests.documents.reading import read_adf

Valid = Callable[[dict[str, Any]], bool]


def test_a_document_is_what_the_tracker_shows(valid_adf: Valid) -> None:
    document = render("Hello [works](chip:good)\n\n1. [PAY-1](https://x.example/PAY-1) `code` **strong**\n", "adf")
    link = {"type": "link", "attrs": {"href": "https://x.example/PAY-1"}}
    assert document == {
        "type": "doc",
        "version": 1,
        "content": [
            {
                "type": "paragraph",
                "content": [
                    {"type": "text", "text": "Hello "},
                    {"type": "status", "attrs": {"text": "works", "color": "green"}},
                ],
            },
            {
                "type": "orderedList",
                "attrs": {"order": 1},
                "content": [
                    {
                        "type": "listItem",
                        "content": [
                            {
                                "type": "paragraph",
                                "content": [
                                    {"type": "text", "text": "PAY-1", "marks": [link]},
                                    {"type": "text", "text": " "},
                                    {"type": "text", "text": "code", "marks": [{"type": "code"}]},
                                    {"type": "text", "text": " "},
                                    {"type": "text", "text": "strong", "marks": [{"type": "strong"}]},
                                ],
                            }
                        ],
                    }
                ],
            },
        ],
    }
    assert valid_adf(document)


@pytest.mark.parametrize(
    "markdown",
    [
        "",
        "- # heading in an item\n- > quote in an item\n- ---\n- | a |\n  |---|\n  | b |\n-\n",
        "> # heading in a quotation\n>\n> | a |\n> |---|\n> | b |\n>\n> > quotation\n>\n> ---",
        "> [!NOTE]\n> | a |\n> |---|\n> | b |\n>\n> > [!MORE] inside\n> >\n> > text",
        "> [!MORE] out\n>\n> > [!MORE] in\n> >\n> > text",
        "> [!NOTE]",
        "> [!MORE] nothing in it",
        "```\n```",
        "**strong `code` [link `code`](https://x.example)** *em **both***",
        "> " * 30 + "deep",
        "- " * 30 + "deep",
        "| |\n|-|\n| |",
        "0. zero",
        "[](https://x.example) [](chip:good) ` `",
    ],
)
def test_what_may_not_stand_in_its_place_becomes_paragraphs(markdown: str, valid_adf: Valid) -> None:
    assert valid_adf(render(markdown, "adf"))


def test_words_survive_where_their_form_can_not() -> None:
    _, words = read_adf(render("- # one\n- > two\n\n> # three\n>\n> | four |\n> |---|\n> | five |\n", "adf"))
    assert words == "one two three four five"


@settings(max_examples=80, deadline=None)
@given(markdown=st.text(alphabet="ab \n#*_`>-+1.|[]()!<>&~\\:=\t", max_size=60))
def test_any_markdown_is_a_valid_document(markdown: str, valid_adf: Valid) -> None:
    assert valid_adf(render(markdown, "adf"))


def test_a_long_document_is_cut_between_blocks_and_says_so(valid_adf: Valid) -> None:
    document = render("\n\n".join(f"Paragraph {number}: " + "ä" * 90 for number in range(500)), "adf")
    texts = [node["content"][0]["text"] for node in document["content"]]
    assert len(json.dumps(document)) <= LIMIT
    assert texts[-1].startswith("… cut here")
    whole = texts[:-2]
    assert whole == [f"Paragraph {number}: " + "ä" * 90 for number in range(len(whole))]
    # as much as there is place for: the next paragraph was begun
    assert len(json.dumps(document)) > LIMIT - 200
    assert texts[-2].startswith(f"Paragraph {len(whole)}"[:5])


def test_a_long_table_is_cut_between_rows(valid_adf: Valid) -> None:
    rows = "".join(f"| {number} | some words |\n" for number in range(2_000))
    document = render(f"| n | what |\n|--:|---|\n{rows}\nafter it", "adf")
    table, mark = document["content"]
    assert table["type"] == "table"
    assert 50 < len(table["content"]) < 2_000
    assert "cut here" in json.dumps(mark)
    assert valid_adf(document)


def test_a_figure_is_said_in_a_sentence_and_a_table(valid_adf: Valid) -> None:
    rows = tuple((f"PAY-{number}", f"{number / 2}") for number in range(1, 41))
    figure = Figure("cycle", "Cycle time", "Half of the issues took under 3 days.", ("issue", "days"), rows, "<svg/>")
    document = render(
        "> [!NOTE]\n>\n> ![How long?](figure:cycle)\n\n![How long?](figure:cycle)", "adf", {"cycle": figure}
    )
    _, words = read_adf(document)
    assert words.count("Cycle time – Half of the issues took under 3 days.") == 2
    assert "PAY-25 12.5" in words
    assert "PAY-26" not in words
    assert "… and 15 more rows" in words
    assert valid_adf(document)


def test_the_place_of_a_figure_that_is_not_there_shows_its_caption() -> None:
    assert read_adf(render("![How long?](figure:cycle)", "adf"))[1] == "How long?"
