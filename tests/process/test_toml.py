from __future__ import annotations

import tomllib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eal_jira.process import toml

texts = st.text(st.characters(codec="utf-8"))
scalars = texts | st.integers(-(2**62), 2**62) | st.booleans() | st.dates(date(1900, 1, 1)) | st.floats(allow_nan=False)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=12
)


@given(st.dictionaries(texts, values, max_size=5))
def test_what_is_written_is_what_is_read(table: dict[str, object]) -> None:
    assert tomllib.loads("\n".join(f"{toml.key(name)} = {toml.value(value)}" for name, value in table.items())) == table


@given(texts, texts)
def test_a_comment_never_becomes_more_than_a_comment(words: str, value: str) -> None:
    assert tomllib.loads(f"{toml.comment(words)}\na = {toml.text(value)}") == {"a": value}


def test_what_toml_has_no_word_for_is_refused() -> None:
    with pytest.raises(TypeError):
        toml.value(None)
