"""Foreign text in a document stays text, whatever it is and wherever it stands, in every target."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from eal_jira.documents import Templates, one_line, render
from tests.documents.contexts import CONTEXTS
from tests.documents.reading import Reading, read_adf, read_html, read_storage, read_wiki, squeezed

TEMPLATES = Templates()

READERS: dict[str, Callable[[Any], Reading]] = {
    "adf": read_adf,
    "wiki": read_wiki,
    "html": read_html,
    "storage": read_storage,
    "text": lambda text: ([], squeezed(text)),
}

HOSTILE = [
    "{html}[~accountid:x]!http://t/x.png!|",
    "[~all] [~admin] @all",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</p></div></body></html><!-- x -->",
    "[x](javascript:alert(1)) ![x](figure:cycle-time) [x](chip:good)",
    "[x|javascript:alert(1)] [x|http://t.example] [^file] [#anchor] [mailto:a@b.example]",
    "http://t.example/?a=1&b=2 https://t.example mailto:a@t.example ftp://t.example a@t.example",
    "<http://t.example> <a@t.example>",
    "{{ config }} {% for x in y %} {# c #} ${7*7} #{7*7}",
    "h1. Big bq. quoted ---- || a || b || | c |",
    "# one * two - three + four 1. five 1) six > seven",
    "`code` ``code`` ```code``` ~~~ {code}x{code} {noformat} {quote} {panel:title=x} {color:red} {expand}",
    "**strong** __strong__ *em* _em_ -gone- +new+ ^up^ ~down~ ??cite?? {{mono}} {*}x{*}",
    ":) :( :P :D ;) (y) (n) (i) (/) (x) (!) (+) (-) (?) (on) (off) (*) (*r) (flag) :-)",
    "a|b \\| c \\\\ d \\",
    "\\",
    "&lt;b&gt; &#60; &amp;lt; &nbsp; &#92; &copy;",
    "$x^2$ \\(x\\) \\[x\\] $$x$$",
    "\"; DROP TABLE issues; -- '",
    "]]> <![CDATA[ <?xml ?> <!DOCTYPE x>",
    '<ac:structured-macro ac:name="html"><ac:plain-text-body>x</ac:plain-text-body></ac:structured-macro>',
    '{"type":"mention","attrs":{"id":"x"}}',
    "[!NOTE] [!MORE] title",
    "| a | b |\n|---|---|\n| c | d |",
    "line one\nline two\n\n    indented\n\ttabbed\r\nlast",
    "safe \u202egnp.exe\u202c \u2066x\u2069 \u200e\u200f\u061c",
    "\x00\x01\x07\x1b[31m\x7f\x85\u2028\u2029\ufeff\ufffe\uffff\ud800 end",
    "zero\u200bwidth soft\u00adhyphen no\u00a0break",
    "Ünïcödé 中文 العربية 👩\u200d💻 🏳️\u200d🌈 e\u0301",
    "---",
    "===",
    "    ",
    "0",
    "-3",
    "PAY-12 and a-b_c",
]

words = st.text(min_size=1, max_size=60).filter(lambda text: one_line(text) != "")
marked_up = st.text(alphabet="ab1 \n\t.:;,!?*_-+#~^`'\"|\\/<>()[]{}&@%$=", min_size=1, max_size=40).filter(
    lambda text: one_line(text) != ""
)


def documents(template: str, target: Any, say: Callable[[str], str]) -> Any:
    return render(TEMPLATES.render(template, CONTEXTS[template](say)), target)


@pytest.mark.parametrize("target", READERS)
@pytest.mark.parametrize("template", ["retro.md", "proposal.md"])
@pytest.mark.parametrize("hostile", [text for text in HOSTILE if one_line(text)])
def test_hostile_text_changes_the_words_of_a_document_and_nothing_else(
    template: str, target: str, hostile: str
) -> None:
    stays_text(template, target, hostile)


@pytest.mark.parametrize("target", READERS)
@settings(max_examples=60, deadline=None)
@given(template=st.sampled_from(sorted(CONTEXTS)), foreign=words | marked_up)
@example(template="retro.md", foreign="|")
@example(template="proposal.md", foreign="\\")
def test_any_text_changes_the_words_of_a_document_and_nothing_else(target: str, template: str, foreign: str) -> None:
    stays_text(template, target, foreign)


def stays_text(template: str, target: str, foreign: str) -> None:
    """Rendered with the foreign text in every field, a document is the one with a plain word in its place."""
    plain_form, plain_words = READERS[target](documents(template, target, lambda _: "Qwertz"))
    form, words = READERS[target](documents(template, target, lambda _: foreign))
    assert form == plain_form
    expected = squeezed(plain_words.replace("Qwertz", one_line(foreign)))
    if target == "text":  # there, rules and columns are as wide as the words
        words, expected = (re.sub(r"[\s>-]", "", text) for text in (words, expected))
    assert words == expected


@pytest.mark.parametrize("empty", ["", " ", "\n", "\u200b\u202e"])
@pytest.mark.parametrize("template", CONTEXTS)
def test_a_document_of_empty_values_is_still_a_document(template: str, empty: str) -> None:
    for target in READERS:
        form, text = READERS[target](documents(template, target, lambda _: empty))
        assert text or form


@pytest.mark.parametrize("sign", ["x", "|", "[", "\\", "& "])
def test_forty_thousand_characters_are_cut_visibly(sign: str) -> None:
    for target in READERS:
        assert "(cut)" in READERS[target](documents("deviation_comment.md", target, lambda _: sign * 40_000))[1]


@pytest.mark.parametrize(
    ("target", "mark"), [("adf", "cut here"), ("wiki", "cut here"), ("html", "(cut)"), ("storage", "(cut)")]
)
def test_a_page_with_forty_thousand_characters_in_every_field_is_cut_visibly(target: str, mark: str) -> None:
    assert mark in READERS[target](documents("retro.md", target, lambda _: "word | " * 6_000))[1]


def test_a_megabyte_in_a_field_takes_less_than_a_second() -> None:
    for target in READERS:
        began = time.process_time()
        documents("not_decided.md", target, lambda _: "[x](y) <z> |" * 90_000)
        assert time.process_time() - began < 1, target


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_leaves_a_document_valid(hostile: str, valid_adf: Callable[[dict[str, Any]], bool]) -> None:
    """In a small document; that larger ones keep their form whatever the text is shown above."""
    assert valid_adf(documents("deviation_comment.md", "adf", lambda _: hostile))


@pytest.mark.parametrize("template", CONTEXTS)
def test_our_documents_are_valid_also_without_a_word_in_them(
    template: str, valid_adf: Callable[[dict[str, Any]], bool]
) -> None:
    assert valid_adf(documents(template, "adf", str))
    assert valid_adf(documents(template, "adf", lambda _: ""))
