"""What is around a page's text: head, style, navigation, notes; and the index pages.

A page runs nothing and loads nothing; its policy (CSP) says so to the browser as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from html import escape
from importlib.resources import files
from pathlib import PurePosixPath

from eal_jira.documents import one_line, render
from eal_jira.model import Page
from eal_pages_html.manifest import Entry

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"

EMPTY_NOTES = b"\n<p>Nothing here yet.</p>\n"
"""What stands in the notes until people write there; theirs from then on."""


def page(document: Page) -> tuple[bytes, bytes]:
    """A page's generated parts, above and below the notes."""
    title, team = one_line(document.title), one_line(document.team)
    figures = {figure.name: figure for figure in document.figures}
    top = f"""
{_head(title)}
<nav aria-label="Where you are"><a href="../index.html">All teams</a> <span aria-hidden="true">›</span> \
<a href="index.html">{escape(team)}</a></nav>
<main id="main">
<h1>{escape(title)}</h1>
{render(document.body, "html", figures)}\
<section class="notes" aria-labelledby="notes">
<h2 id="notes">Your notes</h2>
"""
    bottom = """
</section>
</main>
<footer><p>Your notes live in this page's file, between the two comments that say so, and stay when the page is made \
again.</p></footer>
</body>
</html>
"""
    return top.encode(), bottom.encode()


def team_index(entries: Sequence[Entry]) -> bytes:
    """One team's pages, newest first."""
    team = entries[0].team
    return f"""{_head(team)}
<nav aria-label="Where you are"><a href="../index.html">All teams</a></nav>
<main id="main">
<h1>{escape(team)}</h1>
{_links([(PurePosixPath(entry.file).name, entry.title, entry.date) for entry in entries])}
</main>
</body>
</html>
""".encode()


def index(teams: Sequence[tuple[PurePosixPath, Sequence[Entry]]]) -> bytes:
    """All teams, each with its newest pages, in the order of their names: nobody is first."""
    sections = "\n".join(
        f'<section>\n<h2><a href="{escape(str(folder))}/index.html">{escape(entries[0].team)}</a></h2>\n'
        + _links([(entry.file, entry.title, entry.date) for entry in _newest(entries)])
        + "\n</section>"
        for folder, entries in teams
    )
    return f"""{_head("Retros")}
<main id="main">
<h1>Retros</h1>
<p class="lead">What each team saw in its own work, and what it decided to try.</p>
{sections}
</main>
</body>
</html>
""".encode()


def _newest(entries: Sequence[Entry]) -> Sequence[Entry]:
    """What has no date stays in sight, such as a team's guidelines; of the rest the newest."""
    return [*(entry for entry in entries if not entry.date), *[entry for entry in entries if entry.date][:3]]


def _links(entries: Sequence[tuple[str, str, str]]) -> str:
    items = "\n".join(
        f'<li><a href="{escape(target)}">{escape(title)}</a>'
        + (f' <time datetime="{escape(date)}">{escape(date)}</time>' if date else "")
        + "</li>"
        for target, title, date in entries
    )
    return f'<ul class="pages">\n{items}\n</ul>'


def _head(title: str) -> str:
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>{escape(title)}</title>
<style>
{_style()}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the page</a>"""


@cache
def _style() -> str:
    return files("eal_pages_html").joinpath("style.css").read_text(encoding="utf-8")
