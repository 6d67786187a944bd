"""Foreign text is cleaned of what can't be seen and of what misleads; the rest is kept to the letter."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eal_jira.documents.text import clean, one_line, safe_url


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\r\nb\rc\u2028d\u2029e\x85f\x0bg\x0ch", "a\nb\nc\nd\ne\nf\ng\nh"),
        ("file\u202egnp.exe\u202c \u2067x\u2069\u200f", "filegnp.exe x"),
        ("\x00a\x1b[31m\x7f\x9f\ufeff\u200b\ufffe\U0001ffff", "a[31m"),
        ("hidden \U000e0041\U000e0042", "hidden "),
        ("half \ud83d", "half \ufffd"),
        ("👩\u200d💻 क्\u200cष \tx", "👩\u200d💻 क्\u200cष \tx"),
    ],
)
def test_only_what_can_be_seen_is_shown(text: str, shown: str) -> None:
    assert clean(text) == shown


@given(st.text())
def test_cleaning_twice_changes_nothing_and_the_result_can_be_written(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    assert one_line(one_line(text)) == one_line(text)
    json.dumps(clean(text)).encode()
    clean(text).encode("utf-8")


@given(st.text(alphabet="htps:/.#?a@%&=[]-_~\\ \t\n\x00\u202e<>\"'jvcri", max_size=30))
def test_no_other_scheme_ever_passes(url: str) -> None:
    safe = safe_url(url)
    assert safe in (None, url)
    if safe is not None and ":" in safe.split("/")[0]:
        assert safe.startswith(("http://", "https://"))


@pytest.mark.parametrize(
    "url", ["http://[x", "https://x.example/a b", "https://x.example/\u202e", "\\\\x.example", "/a\\b"]
)
def test_an_address_that_needs_repair_is_none(url: str) -> None:
    assert safe_url(url) is None
