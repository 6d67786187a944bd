"""What the tests of documents share: the public schema of ADF, where it is present."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest


@pytest.fixture(scope="session")
def valid_adf(shared: Path) -> Callable[[dict[str, Any]], bool]:
    """Whether a document keeps to the schema; what is wrong is raised, with its place."""
    validator = jsonschema.Draft4Validator(json.loads((shared / "specs" / "adf-schema.json").read_text()))

    def valid(document: dict[str, Any]) -> bool:
        validator.validate(document)
        return True

    return valid
