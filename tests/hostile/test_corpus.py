"""A thousand hostile texts, in every field and every target: nothing runs, nothing links, nothing breaks.

A stratified part here: each text once, over all templates and targets in turn. `make hostile` takes the whole matrix.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from eal_jira.documents import Templates, escape, one_line, render
from eal_jira.model import Figure, Page
from eal_jira.sandbox.wiki.markup import problem
from eal_pages_confluence.merge import Ours, merged, standing
from eal_pages_html import Options, Site
from eal_pages_html.markdown import MarkdownFolder
from eal_tracker_jira.descriptions import merged_markup, merged_nodes
from tests.documents.contexts import CONTEXTS
from tests.documents.reading import Reading, read_adf, read_html, read_storage, read_wiki, squeezed
from tests.hostile.payloads import long_payloads, payloads

WHOLE = bool(os.environ.get("HOSTILE"))
TEXTS = [text for text in payloads() if one_line(text)]
SAMPLE = TEXTS
NOTHING = [text for text in payloads() if not one_line(text)]
PLAIN = "Qwertz"


def read_markdown(text: str) -> Reading:
    """As a reader of GitHub's kind shows it, links that it would find by itself included."""
    page = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    return read_html(page.replace("\u2060", ""))


READERS: dict[str, Callable[[Any], Reading]] = {
    "adf": read_adf,
    "wiki": read_wiki,
    "html": read_html,
    "storage": read_storage,
    "markdown": read_markdown,
    "text": lambda text: ([], squeezed(text)),
}
TEMPLATES = Templates()
TARGETS, NAMES = sorted(READERS), sorted(CONTEXTS)
CASES = [(name, target) for name in NAMES for target in TARGETS]


def document(template: str, target: Any, text: str) -> Any:
    return render(TEMPLATES.render(template, CONTEXTS[template](lambda _: text)), target)


@cache
def plain(template: str, target: str) -> Reading:
    return READERS[target](document(template, target, PLAIN))


def stays_text(template: str, target: str, text: str) -> None:
    """Its words differ from those of the plain document by the text alone, and its form by nothing."""
    form, words = READERS[target](document(template, target, text))
    plain_form, plain_words = plain(template, target)
    assert form == plain_form, (template, target, text)
    expected = squeezed(plain_words.replace(PLAIN, one_line(text).replace("\u2060", "")))
    if target == "text":  # there, rules and columns are as wide as the words
        words, expected = (re.sub(r"[\s>-]", "", each) for each in (words, expected))
    if target == "markdown":
        expected = squeezed(expected)
    assert words == expected, (template, target, text)


def test_there_are_a_thousand_of_them() -> None:
    assert len(payloads()) >= 1_000


@pytest.mark.parametrize("part", range(8))
def test_a_hostile_text_in_every_field_changes_words_and_nothing_else(part: int) -> None:
    for number, text in enumerate(SAMPLE):
        if number % 8 == part:
            for template, target in CASES if WHOLE else [CASES[number % len(CASES)]]:
                stays_text(template, target, text)


@pytest.mark.parametrize("target", TARGETS)
def test_a_text_that_shows_nothing_breaks_nothing(target: str) -> None:
    for text in NOTHING:
        READERS[target](document("retro.md", target, text))


def page_of(text: str) -> Page:
    """A page in which everything that comes from elsewhere is this text."""
    rows = ((text, "1"), (text, text))
    figure = Figure("cycle", text, text, (text, text), rows, "", "aW1hZ2U=")
    body = (
        f"# {escape(text)}\n\n{escape(text)}\n\n![{escape(text)}](figure:cycle)\n\n| {escape(text)} |\n|---|\n| x |\n"
    )
    return Page("retro:1", text, text, body, (figure,), "2026-03-31")


def elements(page: str) -> tuple[list[Any], set[str]]:
    """Names of tags with those of their attributes, and the addresses in them. Labels hold words: they may differ."""
    tags: list[Any] = []
    addresses: set[str] = set()
    for each in read_html(page)[0]:
        if isinstance(each, tuple) and isinstance(each[1], list):
            tags.append((each[0], [name for name, _ in each[1]]))
            addresses |= {value or "" for name, value in each[1] if name in ("href", "src")}
        else:
            tags.append(each)
    return tags, addresses


@pytest.fixture(scope="module")
def some() -> list[str]:
    return TEXTS if WHOLE else TEXTS[::19]


def test_a_whole_html_page_and_its_indexes_have_the_elements_of_a_plain_one(some: list[str], tmp_path: Path) -> None:
    def built(text: str, folder: Path) -> list[tuple[list[Any], set[str]]]:
        ref = Site(Options(folder)).put(page_of(text))
        files = [folder / ref.id, (folder / ref.id).parent / "index.html", folder / "index.html"]
        return [elements(file.read_text()) for file in files]

    expected = [tags for tags, _ in built(PLAIN, tmp_path / "plain")]
    for number, text in enumerate(some):
        found = built(text, tmp_path / str(number))
        assert [tags for tags, _ in found] == expected, text
        for _, addresses in found:
            assert all(
                re.fullmatch(r"#main|[\w./-]*index\.html|[\w./-]+\.html|data:text/csv[^<>]*", each)
                for each in addresses
            ), text


def test_a_whole_markdown_file_has_the_elements_of_a_plain_one(some: list[str], tmp_path: Path) -> None:
    def built(text: str, folder: Path) -> list[Any]:
        ref = MarkdownFolder(Options(folder)).put(page_of(text))
        return elements(MarkdownIt("commonmark", {"html": True}).enable("table").render((folder / ref.id).read_text()))[
            0
        ]

    expected = built(PLAIN, tmp_path / "plain")
    for number, text in enumerate(some):
        assert built(text, tmp_path / str(number)) == expected, text


def test_a_confluence_page_is_taken_has_the_elements_of_a_plain_one_and_is_found_again(some: list[str]) -> None:
    def ours(text: str) -> Ours:
        page = page_of(text)
        return Ours("0123456789ab", render(page.body, "storage", {"cycle": page.figures[0]}))

    def form(text: str) -> list[Any]:
        found, _ = read_storage(ours(text).content)
        return [(event, tag, sorted(attributes)) for event, tag, attributes in found]

    expected = form(PLAIN)
    first = ours(PLAIN)
    for text in some:
        body = ours(text).fresh()
        assert problem(body) is None, text
        assert form(text) == expected, text
        assert standing(body, "0123456789ab") is not None, text
        # over a page of another text, and back
        assert standing(merged(body, first, ours(text).marks()), "0123456789ab") is not None, text


def test_a_description_is_found_again_whatever_stands_in_it(some: list[str]) -> None:
    for text in some:
        body = page_of(text).body
        for before in ("first", body):
            nodes = merged_nodes(merged_nodes(None, before, {}), body, {})
            assert merged_nodes(nodes, body, {}) == nodes, text
            markup = merged_markup(merged_markup("", before, {}), body, {})
            assert merged_markup(markup, body, {}) == markup, text


@pytest.mark.parametrize("target", TARGETS)
def test_a_very_long_text_takes_less_than_a_second_a_field(target: str) -> None:
    for name, text in long_payloads():
        began = time.process_time()
        READERS[target](document("not_decided.md", target, text))
        assert time.process_time() - began < 1, (name, target)


def test_hostile_documents_keep_to_the_schema_of_adf(valid_adf: Callable[[dict[str, Any]], bool]) -> None:
    for text in TEXTS[:: 20 if WHOLE else 400]:
        assert valid_adf(document("deviation_comment.md", "adf", text))
        assert valid_adf(merged_nodes(None, page_of(text).body, {"cycle": page_of(text).figures[0]}))
