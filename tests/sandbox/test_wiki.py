"""Texts between wiki markup and ADF: nothing lost, always a valid document, foreign text never becomes markup."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eal_jira.sandbox.text import adf
from eal_jira.sandbox.text.wiki import escaped, plain, to_adf, to_wiki
from tests.sandbox.test_adf import documents, slow

SIGNS = """* ¦** ¦# ¦h1. ¦bq. ¦----¦{code}¦{code:java}¦{quote}¦{panel}¦{noformat}¦\n¦\n\n¦*b*¦_e_¦{{c}}¦[~bob]¦\\¦!x!\
¦|a|b|¦||a||b||¦[x|http://y]¦[~accountid:a]"""
pieces = st.sampled_from(SIGNS.split("¦"))
markup = st.lists(st.one_of(pieces, st.text(alphabet="ab *_|{}[]~\n", max_size=8)), max_size=12).map("".join)


@given(st.one_of(markup, st.text(max_size=200)))
@slow
def test_any_wiki_text_becomes_a_document_that_jira_takes(text: str) -> None:
    assert adf.problem(to_adf(text)) is None


@given(documents)
@slow
def test_any_document_can_be_shown_as_wiki_markup_and_back(document: Any) -> None:
    assert adf.problem(to_adf(to_wiki(document))) is None


@given(st.text(alphabet="ab1 *_|{}[]~!-#h.\\:+^", min_size=1, max_size=60))
@slow
def test_escaped_text_is_nothing_but_text(text: str) -> None:
    """facts 8.2: a name such as `{quote}`, `a|b`, `!x!` or `[~all]` shows literally."""
    document = to_adf(escaped(text))
    kinds = {child["type"] for block in document["content"] for child in block.get("content", [])}
    assert {block["type"] for block in document["content"]} <= {"paragraph"}
    assert kinds <= {"text"}
    assert plain(document) == text.strip()


@given(st.lists(st.sampled_from(["apple", "pear", "plum"]), min_size=1, max_size=8), markup)
@slow
def test_no_word_of_a_text_is_lost(words: list[str], around: str) -> None:
    shown = plain(f"{around}\n{' '.join(words)}")
    assert re.findall(r"apple|pear|plum", shown) == words


@pytest.mark.parametrize(
    "text", ["*a " * 12_000, "[" * 32_000, "|[" * 16_000 + "|", "{{" * 16_000, "_a*" * 11_000, "{quote}" * 4_600]
)
def test_a_long_odd_text_is_read_quickly(text: str) -> None:
    started = time.process_time()
    assert adf.problem(to_adf(text)) is None
    assert time.process_time() - started < 1


def test_what_people_write_comes_out_as_they_meant_it() -> None:
    head = "h2. Why\nBecause *it* [broke|http://x.y/z].\n\n* one\n** deeper\n# first\n\n||a||b||\n|1|2|"
    text = head + "\n{code:java}\nint x;\n{code}"
    document = to_adf(text)
    kinds = [block["type"] for block in document["content"]]
    assert kinds == ["heading", "paragraph", "bulletList", "orderedList", "table", "codeBlock"]
    assert [len(row["content"]) for row in document["content"][4]["content"]] == [2, 2]
    assert document["content"][2]["content"][0]["content"][1]["type"] == "bulletList"
    assert to_wiki(document).startswith("h2. Why\n\nBecause *it* [broke|http://x.y/z].")


def test_a_mention_in_wiki_markup_is_a_mention() -> None:
    """So that a test can see whether foreign text mentioned somebody."""
    paragraph = to_adf("hello [~accountid:ada], [~bob]")["content"][0]
    assert [n["attrs"]["id"] for n in paragraph["content"] if n["type"] == "mention"] == ["ada", "bob"]
