"""The list of seeded bugs stays true to the code, and no trap goes without one. `make mutants` runs them."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.mutants import mutants, rotten

TRAPS = {f"trap {number}" for number in range(1, 21)}


def test_each_seeded_bug_still_has_its_place_in_the_code() -> None:
    assert rotten(mutants()) == []


def test_the_names_of_seeded_bugs_are_their_own() -> None:
    names = [mutant.name for mutant in mutants()]
    assert len(set(names)) == len(names)


def test_each_trap_has_a_test_of_its_name_and_a_seeded_bug_that_it_catches() -> None:
    named: dict[str, set[str]] = {}
    for file in (Path(__file__).parent / "traps").glob("test_*.py"):
        for node in ast.parse(file.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef) and (hit := re.match(r"test_trap_(\d\d)_", node.name)):
                named.setdefault(f"trap {int(hit[1])}", set()).add(node.name)
    assert set(named) == TRAPS
    caught = {m.guards for m in mutants() if any(name in test for test in m.tests for name in named.get(m.guards, ()))}
    assert caught == TRAPS
