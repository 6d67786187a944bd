"""The table ``[pages.html]`` of the config."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from eal_jira.errors import ConfigError

DEFAULT_FOLDER = "retros"


@dataclass(frozen=True, slots=True)
class Options:
    folder: Path
    #: without a slash at its end; "" where the folder is not served
    base_url: str = ""

    @classmethod
    def read(cls, options: Mapping[str, object], home: Path) -> Self:
        """`home` is where a relative folder starts. Raises `ConfigError` with the key's name."""
        for key, value in options.items():
            if key not in ("folder", "base_url"):
                raise ConfigError(f"pages.html.{key} is not known.", remedy="There are pages.html.folder and base_url.")
            if not isinstance(value, str) or not value:
                raise ConfigError(f"pages.html.{key} must be a text.", remedy=f'Write it like: {key} = "…"')
        base_url = str(options.get("base_url", ""))
        if base_url and not base_url.startswith(("http://", "https://")):
            raise ConfigError("pages.html.base_url is no web address.", remedy="Begin it with https:// or http://.")
        folder = Path(str(options.get("folder", DEFAULT_FOLDER))).expanduser()
        return cls(home / folder, base_url.rstrip("/"))
