"""The sandbox's check of ADF against Atlassian's JSON schema, on good and on spoilt documents."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eal_jira.sandbox.text import adf
from tests.sandbox.support import spec


@cache
def schema() -> jsonschema.Draft4Validator:
    """Atlassian's schema, tightened in the two places where it says less than it means: a list of schemas in `items`
    leaves everything after the second child open, and the base of `mediaSingle` allows any further key."""
    tight = copy.deepcopy(spec("adf-schema.json"))
    definitions = tight["definitions"]
    for definition in definitions.values():
        content = definition.get("properties", {}).get("content", {})
        if isinstance(content.get("items"), list):
            first, rest = content["items"]
            content |= {"items": [first], "additionalItems": rest}
    single = definitions["mediaSingle_node"]
    single["additionalProperties"] = False
    single["properties"]["content"] = {}

    def kinds(alternative: Any) -> frozenset[str] | None:
        """The node types that an alternative is about; None when it is about none in particular."""
        if "$ref" in alternative:
            return kinds(definitions[alternative["$ref"].rpartition("/")[2]])
        if "type" in alternative.get("required", ()) and "enum" in alternative["properties"].get("type", {}):
            return frozenset(alternative["properties"]["type"]["enum"])
        if "allOf" in alternative:
            return next((k for k in map(kinds, alternative["allOf"]) if k is not None), None)
        if "anyOf" in alternative:
            parts = [kinds(part) for part in alternative["anyOf"]]
            return frozenset().union(*(p for p in parts if p)) if None not in parts else None
        return None

    known: dict[int, frozenset[str] | None] = {}

    def any_of(validator: Any, alternatives: Any, instance: Any, _schema: Any) -> Iterator[Any]:
        """As the library has it, but an alternative about other node types is not even tried: the same verdict in a
        hundredth of the time."""
        kind = instance.get("type") if isinstance(instance, dict) else None
        for alternative in alternatives:
            place = id(alternative)
            if place not in known:
                known[place] = kinds(alternative)
            about = known[place]
            if (about is None or (isinstance(kind, str) and kind in about)) and validator.evolve(
                schema=alternative
            ).is_valid(instance):
                return
        yield jsonschema.ValidationError("fits no alternative")

    quick = jsonschema.validators.extend(jsonschema.Draft4Validator, {"anyOf": any_of})
    return quick(tight)


def agree(document: Any) -> bool:
    """The verdict of both, which must be the same."""
    ours, theirs = adf.problem(document), schema().is_valid(document)
    assert (ours is None) == theirs, f"schema says {theirs}, sandbox says {ours!r}: {document}"
    return theirs


# --- good documents -----------------------------------------------------------------------------------------------

words = st.text(min_size=1, max_size=8)
maybe_words = st.text(max_size=8)
ids = st.text(alphabet="abc123", min_size=1, max_size=4)


def node(kind: str, content: Any = None, attrs: Any = None, marks: Any = None) -> st.SearchStrategy[Any]:
    parts: dict[str, Any] = {"type": st.just(kind)}
    optional = {"content": content, "attrs": attrs, "marks": marks}
    return st.fixed_dictionaries(parts | {name: part for name, part in optional.items() if part is not None})


def mark(kind: str, **attrs: Any) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({"type": st.just(kind)} | ({"attrs": st.fixed_dictionaries(attrs)} if attrs else {}))


colour = st.sampled_from(["#a0B1c2", "#000000"])
link = mark("link", href=words)
formatted = st.fixed_dictionaries(
    {"type": st.just("text"), "text": words},
    optional={
        "marks": st.lists(
            st.one_of(
                link, mark("em"), mark("strong"), mark("strike"), mark("underline"),
                mark("subsup", type=st.sampled_from(["sub", "sup"])), mark("textColor", color=colour),
            ),
            max_size=3,
        )
    },
)  # fmt: skip
code = st.fixed_dictionaries({"type": st.just("text"), "text": words, "marks": st.just([{"type": "code"}])})
inline = st.one_of(
    formatted,
    code,
    node("hardBreak"),
    node("emoji", attrs=st.fixed_dictionaries({"shortName": words})),
    node(
        "mention", attrs=st.fixed_dictionaries({"id": ids}, optional={"userType": st.sampled_from(["APP", "DEFAULT"])})
    ),
    node("date", attrs=st.fixed_dictionaries({"timestamp": ids})),
    node("status", attrs=st.fixed_dictionaries({"text": words, "color": st.sampled_from(["red", "neutral"])})),
    node("inlineCard", attrs=st.one_of(st.fixed_dictionaries({"url": words}), st.fixed_dictionaries({"data": words}))),
)
inlines = st.lists(inline, max_size=4)
paragraph = st.one_of(node("paragraph", inlines), node("paragraph"), node("paragraph", inlines, marks=st.just([])))
aligned = node("paragraph", inlines, marks=st.just([{"type": "alignment", "attrs": {"align": "center"}}]))
heading = node("heading", inlines, st.fixed_dictionaries({"level": st.integers(1, 6)}))
code_block = st.one_of(
    node("codeBlock"),
    node(
        "codeBlock",
        st.lists(st.fixed_dictionaries({"type": st.just("text"), "text": words}), max_size=2),
        st.fixed_dictionaries({}, optional={"language": maybe_words}),
    ),
)
local = st.fixed_dictionaries({"localId": ids})
tasks = node(
    "taskList",
    st.lists(
        node("taskItem", inlines, st.fixed_dictionaries({"localId": ids, "state": st.sampled_from(["TODO", "DONE"])})),
        min_size=1,
        max_size=3,
    ),
    local,
)
media = node(
    "media",
    attrs=st.one_of(
        st.fixed_dictionaries({"type": st.just("external"), "url": words}),
        st.fixed_dictionaries({"type": st.just("file"), "id": ids, "collection": maybe_words}),
    ),
)
picture = st.one_of(
    node("mediaSingle", st.tuples(media).map(list), st.fixed_dictionaries({"layout": st.just("center")})),
    node("mediaSingle", st.tuples(media, node("caption", st.lists(formatted, max_size=2))).map(list)),
)


def lists_of(block: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    item = st.builds(
        lambda first, rest: {"type": "listItem", "content": [first, *rest]},
        st.one_of(paragraph, code_block, picture),
        st.lists(block, max_size=2),
    )
    items = st.lists(item, min_size=1, max_size=3)
    return st.one_of(
        node("bulletList", items),
        node("orderedList", items, st.fixed_dictionaries({}, optional={"order": st.integers(0, 9)})),
    )


bullets = st.recursive(st.one_of(paragraph, code_block, tasks), lists_of, max_leaves=6).filter(
    lambda n: n["type"] in ("bulletList", "orderedList")
)
leaf = st.one_of(paragraph, code_block)
quote = node("blockquote", st.lists(st.one_of(paragraph, bullets, code_block, picture), min_size=1, max_size=3))
panel = node(
    "panel",
    st.lists(st.one_of(paragraph, heading, bullets, node("rule"), tasks, code_block), min_size=1, max_size=3),
    st.fixed_dictionaries({"panelType": st.sampled_from(["info", "custom"])}, optional={"panelColor": words}),
)
cell_content = st.lists(st.one_of(paragraph, aligned, heading, panel, quote, bullets, picture), min_size=1, max_size=2)
cell_attrs = st.fixed_dictionaries({}, optional={"colspan": st.integers(1, 3), "background": words})
cell = st.one_of(node("tableCell", cell_content), node("tableHeader", cell_content, cell_attrs))
table = node(
    "table",
    st.lists(node("tableRow", st.lists(cell, max_size=3)), min_size=1, max_size=3),
    st.fixed_dictionaries({}, optional={"layout": st.just("wide"), "isNumberColumnEnabled": st.booleans()}),
)
inner = st.lists(st.one_of(paragraph, heading, table, panel, picture), min_size=1, max_size=2)
expand = node("expand", inner, st.fixed_dictionaries({}, optional={"title": maybe_words}))
column = node("layoutColumn", inner, st.fixed_dictionaries({"width": st.just(50)}))
layout = node("layoutSection", st.lists(column, min_size=2, max_size=3))
wide_code = node("codeBlock", marks=st.just([{"type": "breakout", "attrs": {"mode": "wide"}}]))
block = st.one_of(
    paragraph, aligned, heading, bullets, code_block, wide_code, quote, panel, table, tasks, expand, layout, picture,
    node("rule"), node("mediaGroup", st.lists(media, min_size=1, max_size=2)),
    node("blockCard", attrs=st.fixed_dictionaries({"url": words})),
)  # fmt: skip
documents = st.fixed_dictionaries(
    {"type": st.just("doc"), "version": st.just(1), "content": st.lists(block, max_size=4)}
)
slow = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@given(documents)
@slow
def test_what_the_schema_takes_the_sandbox_takes(document: Any) -> None:
    assert agree(document), "the generator makes good documents only"


# --- spoilt documents ---------------------------------------------------------------------------------------------


def nodes_of(value: Any) -> list[dict[str, Any]]:
    """Every object inside, the document itself first."""
    found = []
    if isinstance(value, dict):
        found.append(value)
        for part in value.values():
            found += nodes_of(part)
    elif isinstance(value, list):
        for part in value:
            found += nodes_of(part)
    return found


def spoil(document: dict[str, Any], random: random.Random) -> None:
    """One change somewhere: a key dropped, added or emptied, a type exchanged, a child doubled or moved."""
    nodes = nodes_of(document)
    place = random.choice(nodes)
    key = random.choice(sorted(place)) if place else "type"
    kinds = sorted(adf.NODES) + sorted(adf.MARKS)
    deed = random.randrange(9)
    if deed == 0:
        place.pop(key, None)
    elif deed == 1:
        place[random.choice(["localId", "colour", "marks", "content", "attrs", "text", "version"])] = random.choice(
            ["", [], {}, None, 7, "x", [{"type": "strong"}], {"localId": "1"}]
        )
    elif deed == 2:
        place[key] = random.choice(["", None, 0, 7, -1, [], {}, True, "center"])
    elif deed == 3:
        place["type"] = random.choice(kinds)
    elif deed == 4 and isinstance(place.get("content"), list):
        place["content"] = []
    elif deed == 5 and isinstance(place.get("content"), list) and place["content"]:
        place["content"].insert(0, copy.deepcopy(random.choice(nodes)))
    elif deed == 6 and isinstance(place.get("content"), list):
        place["content"].append({"type": random.choice(kinds)})
    elif deed == 7 and isinstance(place.get("content"), list):
        random.shuffle(place["content"])
    else:
        place["marks"] = [{"type": random.choice(sorted(adf.MARKS))}]


@given(documents, st.randoms(use_true_random=False), st.integers(1, 3))
@settings(slow, max_examples=300)
def test_a_spoilt_document_gets_the_verdict_of_the_schema(document: Any, random: random.Random, times: int) -> None:
    document = copy.deepcopy(document)
    for _ in range(times):
        spoil(document, random)
    agree(document)


def test_every_node_and_mark_of_the_schema_is_known() -> None:
    named = {
        definition["properties"]["type"]["enum"][0]: name
        for name, definition in spec("adf-schema.json")["definitions"].items()
        if "type" in definition.get("properties", {}) and "enum" in definition["properties"]["type"]
    }
    marks = {kind for kind, name in named.items() if name.endswith("_mark")}
    assert set(adf.MARKS) == marks
    assert set(adf.NODES) == set(named) - marks


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        ("text", "document is no object"),
        ({"type": "doc", "version": 2, "content": []}, "version must be 1"),
        (
            {"type": "doc", "version": 1, "content": [{"type": "text", "text": "x"}]},
            "content[0]: 'text' can't stand here",
        ),
        (
            {
                "type": "doc",
                "version": 1,
                "content": [{"type": "paragraph", "content": [{"type": "text", "text": ""}]}],
            },
            "document.content[0].content[0]: a text has at least one character",
        ),
    ],
)
def test_the_problem_names_its_place(spoilt: Any, said: str) -> None:
    assert said in str(adf.problem(spoilt))


def test_a_document_nested_without_end_is_refused_and_does_not_crash() -> None:
    document: Any = {"type": "paragraph"}
    for _ in range(3000):
        document = {"type": "listItem", "content": [{"type": "bulletList", "content": [document]}]}
    problem = adf.problem({"type": "doc", "version": 1, "content": [{"type": "bulletList", "content": [document]}]})
    assert problem is not None
