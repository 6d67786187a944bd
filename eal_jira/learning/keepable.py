"""Values that the store keeps: frozen dataclasses that turn into plain JSON and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import TypeAdapter

# Built once for each kind: building one costs more than a thousand uses of it.
_adapters: dict[type[Any], TypeAdapter[Any]] = {}


def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


class Keepable:
    """Base of a dataclass whose fields are texts, numbers, moments, durations, mappings, tuples, or of its kind.

    `type(x).from_json(x.to_json()) == x`; durations travel as ISO 8601 texts. A body that doesn't fit raises
    `pydantic.ValidationError`.
    """

    __slots__ = ()

    def to_json(self) -> dict[str, Any]:
        body: dict[str, Any] = _adapter(type(self)).dump_python(self, mode="json")
        return body

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Self:
        value: Self = _adapter(cls).validate_python(body)
        return value
