"""Where in a guideline file something stands. Only asked when there is something to mend, so it may take its time.

A TOML parser tells no lines. A line that looks like the start of a table or key is one exactly when all the text before
it is a whole document by itself; inside a multi-line text or list it is not. So the parser decides after all.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence

_BLOCK = re.compile(r"""\s*\[\[\s*["']?guideline["']?\s*\]\]""")


class Lines:
    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()

    def of(self, block: int, path: Sequence[str] = (), naming: str = "") -> int:
        """The line (from 1) of a key in the `block`-th guideline (from 0), or of the nearest that encloses it.

        With `naming`, the first line from there on that has this text in it.
        """
        starts = list(self._starts(_BLOCK))
        if block >= len(starts):  # written as one list, guideline = [{ … }, { … }]
            return self.of_key("guideline")
        end = starts[block + 1] if block + 1 < len(starts) else len(self._lines)
        line = starts[block]
        for depth, part in enumerate(path):
            found = next(self._starts(_key(path[:depth], part), line, end), None)
            if found is None:
                break
            line = found
        if naming:
            line = next((n for n in range(line, end) if naming in self._lines[n]), line)
        return line + 1

    def of_key(self, key: str) -> int:
        """The line of a key outside all guidelines."""
        return next(self._starts(_key((), key, top=True)), 0) + 1

    def _starts(self, form: re.Pattern[str], begin: int = 0, end: int | None = None) -> Iterator[int]:
        for number in range(begin, len(self._lines) if end is None else end):
            if form.match(self._lines[number]) and _whole("\n".join(self._lines[:number])):
                yield number


def _key(above: Sequence[str], key: str, *, top: bool = False) -> re.Pattern[str]:
    """``key = …``, ``above.key = …``, ``[guideline.above.key]`` or ``[[guideline.above.key]]``; `top`: ``[[key]]``."""
    name = rf"""["']?{re.escape(key)}["']?"""
    way = "".join(rf"""["']?{re.escape(part)}["']?\s*\.\s*""" for part in above)
    table = "" if top else r"guideline\s*\.\s*"
    return re.compile(rf"\s*(?:(?:{way})?{name}\s*[=.]|\[\[?\s*{table}{way}{name}\s*[\].])")


def _whole(text: str) -> bool:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True
