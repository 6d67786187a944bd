"""Our documents' texts: Markdown in Jinja2, one template per document.

Every value that a template prints is escaped for Markdown, so foreign text stays text; only `Ours`, which the filters
below make, goes in as it is. A team may put templates of its own into a folder: a file there takes the place of ours
with the same name. They run in a sandbox, and a variable that does not exist is an error, not an empty place.

Filters: ``day``, ``period``, ``duration``, ``count``, ``percent``, ``number`` (see `words`). Make Markdown from text:
``link(url)``, ``chip(tone)``, ``figure(name)``, ``listed``, ``code``, ``fenced(language)``, ``quote``. A macro's result
is text like any other, and so escaped; to use a part twice, ``{% include %}`` it.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Iterable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from eal_jira.documents import words
from eal_jira.documents.blocks import Tone
from eal_jira.documents.markdown import escape
from eal_jira.documents.text import clean, one_line, safe_url, shortened
from eal_jira.errors import ConfigError


class Ours(str):
    """Markdown that we made: printed as it is."""

    __slots__ = ()


class Templates:
    """The templates, those of `folder` first."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        if folder is not None and not folder.is_dir():
            raise ConfigError(
                f"The folder of templates {folder} does not exist.",
                remedy="Create it, or leave out the key that names it: then our own templates are used.",
            )
        self._environment = _environment([*([folder] if folder else []), packaged_folder()])

    def render(self, name: str, context: Mapping[str, object]) -> str:
        """The document `name` ("retro.md") as Markdown, with the variables its first lines describe.

        Raises `ConfigError` where a template can't be read or asks for what does not exist.
        """
        try:
            return self._environment.get_template(name).render(context)
        except jinja2.TemplateSyntaxError as error:
            raise self._error(error.name or name, f"line {error.lineno}: {error.message}") from error
        except jinja2.TemplateNotFound as error:
            raise self._error(str(error.name or name), "there is no such template") from error
        except (jinja2.TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise self._error(name, f"{_line_of(error, name)}{error}") from error

    def _error(self, name: str, problem: str) -> ConfigError:
        own = self._folder / name if self._folder else None
        where = own if own and own.exists() else name
        return ConfigError(
            f"The template {where} can't be used: {problem}.",
            refused="No document was written with it.",
            remedy="Mend the template, or remove it from the folder: then our own is used.",
        )


def packaged_folder() -> Path:
    """Where our own templates are: inside the installed package, or beside it in a checkout."""
    package = Path(str(files("eal_jira")))
    installed = package / "templates"
    return installed if installed.is_dir() else package.parent / "templates"


def _environment(folders: list[Path]) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        loader=jinja2.FileSystemLoader(folders),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # which is for HTML; `finalize` escapes for Markdown
        finalize=_printed,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= _FILTERS
    return environment


def _printed(value: object) -> str:
    if isinstance(value, Ours):
        return value
    if value is None:
        raise jinja2.TemplateRuntimeError("a value that is printed is None")
    return escape(str(value))


def _line_of(error: Exception, name: str) -> str:
    """Where in the template it happened: Jinja2 puts template lines into the traceback."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).name == name]
    return f"line {lines[-1]}: " if lines else ""


# --- filters that make Markdown -------------------------------------------------------------------------------


def link(text: object, url: str) -> Ours:
    """The text as a link, or the text alone where the address is not one that a link may have."""
    shown, safe = _printed(text), safe_url(url)
    return Ours(f"[{shown}](<{safe.replace('&', '&amp;')}>)" if shown and safe else shown)


def chip(text: object, tone: Tone) -> Ours:
    """The text on a coloured ground. `tone`: neutral, good, bad, open or info."""
    if tone not in get_args(Tone):
        raise jinja2.TemplateRuntimeError(f"{tone!r} is no tone of a chip; there are {', '.join(get_args(Tone))}")
    return Ours(f"[{_printed(text)}](chip:{tone})")


def figure(caption: object, name: str) -> Ours:
    """The place of the figure `name`, to stand in a paragraph of its own."""
    if not re.fullmatch(r"[a-z0-9-]+", name):
        raise jinja2.TemplateRuntimeError(f"{name!r} is no name of a figure: letters a to z, digits and hyphens")
    return Ours(f"![{_printed(caption)}](figure:{name})")


def listed(texts: Iterable[object]) -> Ours:
    """The texts with commas between them."""
    return Ours(", ".join(_printed(text) for text in texts))


def code(text: object) -> Ours:
    """The text as a code span, on one line."""
    shown = shortened(one_line(str(text)))
    if not shown:
        return Ours()
    fence = "`" * (_longest_run(shown) + 1)
    space = " " if shown.startswith("`") or shown.endswith("`") else ""
    # In a table cell a bar ends the cell even inside code; elsewhere the backslash would show.
    return Ours(f"{fence}{space}{shown}{space}{fence}")


def fenced(text: object, language: str = "") -> Ours:
    """The text as a code block; "diff" marks lines that begin with + or -. At the start of a line only."""
    shown = shortened(clean(str(text)))
    fence = "`" * max(3, _longest_run(shown) + 1)
    return Ours(f"{fence}{language}\n{shown}\n{fence}\n")


def quote(text: object) -> Ours:
    """What somebody wrote, with its paragraphs, as a quotation. At the start of a line only."""
    paragraphs = [_printed(part) for part in clean(str(text)).split("\n")]
    return Ours("\n>\n".join(f"> {part}" for part in paragraphs if part) + "\n")


def _longest_run(text: str) -> int:
    """How many backticks stand together at most."""
    return max((len(run) for run in re.findall("`+", text)), default=0)


_FILTERS: dict[str, Callable[..., Any]] = {
    **{f.__name__: f for f in (words.day, words.period, words.duration, words.count, words.percent, words.number)},
    **{f.__name__: f for f in (link, chip, figure, listed, code, fenced, quote)},
}
