"""What the project is installed from: pinned, with hashes, and naming nobody's machine."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PINNED = re.compile(r"([a-z0-9][a-z0-9.-]*)==([^ ]+)( ; [^\\]+)? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")


def lock() -> list[str]:
    return (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()


def test_the_lock_holds_names_versions_and_hashes_and_nothing_else() -> None:
    others = [line for line in lock() if not PINNED.fullmatch(line) and not HASH.fullmatch(line)]
    assert others == []


def test_the_lock_pins_everything_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    pinned: dict[str, list[Version]] = {}
    for found in filter(None, map(PINNED.fullmatch, lock())):
        pinned.setdefault(found[1], []).append(Version(found[2]))
    asked = [
        *project["project"]["dependencies"],
        *project["dependency-groups"]["dev"],
        *project["build-system"]["requires"],
    ]
    for requirement in map(Requirement, asked):
        name = requirement.name.lower().replace("_", "-")
        assert name in pinned, requirement
        assert all(version in requirement.specifier for version in pinned[name]), requirement


def test_every_target_that_make_tells_of_has_one_recipe() -> None:
    """A target that is only declared as phony does nothing and says nothing of it."""
    makefile = (ROOT / "Makefile").read_text()
    told = re.findall(r'@echo "make ([a-z-]+)', makefile)
    rules = re.findall(r"^([a-z-]+):.*\n\t", makefile, re.MULTILINE)
    assert sorted(told) == sorted(set(rules) - {"help"})
    assert len(rules) == len(set(rules))
