"""The tables ``[pages.html]`` and ``[pages.markdown]`` of the config."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import quote

from eal_jira.errors import ConfigError

DEFAULT_FOLDER = "retros"


@dataclass(frozen=True, slots=True)
class Options:
    folder: Path
    #: without a slash at its end; "" where the folder is not served
    base_url: str = ""

    @classmethod
    def read(cls, options: Mapping[str, object], home: Path, name: str = "html") -> Self:
        """`home` is where a relative folder starts. Raises `ConfigError` with the key's name."""
        for key, value in options.items():
            if key not in ("folder", "base_url"):
                raise ConfigError(
                    f"pages.{name}.{key} is not known.", remedy=f"There are pages.{name}.folder and base_url."
                )
            if not isinstance(value, str) or not value:
                raise ConfigError(f"pages.{name}.{key} must be a text.", remedy=f'Write it like: {key} = "…"')
        base_url = str(options.get("base_url", ""))
        if base_url and not base_url.startswith(("http://", "https://")):
            raise ConfigError(f"pages.{name}.base_url is no web address.", remedy="Begin it with https:// or http://.")
        folder = Path(str(options.get("folder", DEFAULT_FOLDER))).expanduser()
        return cls(home / folder, base_url.rstrip("/"))

    def address(self, place: str) -> str:
        """Where people open a file of the folder."""
        if self.base_url:
            return f"{self.base_url}/{quote(place)}"
        return (self.folder.resolve() / place).as_uri()
