"""Thirty things that people do to a page of ours, and every byte of theirs is there after it was made again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eal_jira import documents
from eal_jira.adapters import Adapters
from eal_jira.sandbox.wiki.markup import problem, stored
from eal_pages_confluence.body import parse
from eal_pages_confluence.merge import Ours, merged, standing
from tests.plugins.wiki_world import BODY, PAGE, WikiWorld, served

KEY = "0123456789ab"
NEXT = (BODY.replace("on the whole", "in the end"), "All new.", BODY)
"""The page is made again three times: a few words, everything, and back."""

Edit = tuple[Callable[[str], str], tuple[str, ...]]
"""What somebody does to a body, and the pieces of theirs that must be there afterwards, to the byte."""


def above(text: str) -> Edit:
    return lambda body: text + body, (text,)


def below(text: str) -> Edit:
    return lambda body: body + text, (text,)


def before_heading(text: str, *pieces: str) -> Edit:
    return lambda body: body.replace("<h2>How it went</h2>", f"{text}<h2>How it went</h2>"), pieces or (text,)


def instead(of: str, text: str, *pieces: str) -> Edit:
    return lambda body: body.replace(of, text), pieces or (text,)


LAYOUT = '<ac:layout><ac:layout-section ac:type="single"><ac:layout-cell>'
LAYOUT_END = "</ac:layout-cell></ac:layout-section></ac:layout>"
TASKS = (
    "<ac:task-list><ac:task><ac:task-id>1</ac:task-id><ac:task-status>incomplete</ac:task-status>"
    "<ac:task-body>Ask Bo</ac:task-body></ac:task></ac:task-list>"
)
COMMENTED = '<p>Mine <ac:inline-comment-marker ac:ref="r-1">with a comment</ac:inline-comment-marker></p>'
NOTES = "<p>Nothing here yet. What you write outside the generated part stays.</p>"

CONFLUENCE: dict[str, Edit] = {
    "a paragraph above": above("<p>Before we begin</p>"),
    "a heading above": above("<h1>Our own title</h1>"),
    "a paragraph below": below("<p>And another thing</p>"),
    "notes written over the empty ones": instead(NOTES, "<p>We talked for an hour.</p>"),
    "the notes taken away": instead(NOTES, "", ""),
    "the notes' heading renamed": instead("<h2>Your notes</h2>", "<h2>Was wir sagten</h2>"),
    "named entities": below("<p>caf&eacute;&nbsp;&ldquo;quoted&rdquo; &hellip; &euro;</p>"),
    "numbered entities and odd spaces": below("<p >a&#160;b   c&#x2014;d</p >"),
    "single quotes and self-closing tags": below("<p class='x'><br/><br /></p><hr/>"),
    "a table": below("<table><tbody><tr><th>a</th></tr><tr><td>b</td></tr></tbody></table>"),
    "a list of tasks": below(TASKS),
    "a mention": below('<p><ac:link><ri:user ri:account-id="712020:ann"/></ac:link> please look</p>'),
    "a picture of their own": below('<ac:image ac:width="300"><ri:attachment ri:filename="board.jpg"/></ac:image>'),
    "code in a macro": below(
        '<ac:structured-macro ac:name="code" ac:macro-id="m1"><ac:plain-text-body><![CDATA[if a < b && c:]]>'
        "</ac:plain-text-body></ac:structured-macro>"
    ),
    "a table of contents": above('<ac:structured-macro ac:name="toc" ac:macro-id="m2"/>'),
    "an XML comment": below("<p>x</p><!-- kept - as it is -->"),
    "words in another script": below("<p>日本語 العربية 👩\u200d💻 e\u0301</p>"),
    "a megabyte of notes": below("<p>" + "long " * 200_000 + "</p>"),
    "an emoticon and a date": below('<p><ac:emoticon ac:name="tick"/><time datetime="2026-04-01"/> done</p>'),
    "loose words without an element": below("just words"),
    "a section between our blocks": before_heading("<h2>What I saw</h2><p>Bo helped.</p>", "<p>Bo helped.</p>"),
    "a picture between our blocks": before_heading('<ac:image><ri:attachment ri:filename="us.jpg"/></ac:image>'),
    "loose words between our blocks": before_heading("loose &amp; free"),
    "a macro between our blocks": before_heading('<ac:structured-macro ac:name="toc" ac:macro-id="m3"/>'),
    "a commented paragraph between our blocks": before_heading(COMMENTED),
    "a paragraph of ours changed": instead(
        "<p>It went well,", "<p>It went badly,", "<p>It went badly, on the whole.</p>"
    ),
    "a list of ours made longer": instead("<li>two</li>", "<li>two</li>\n<li>three</li>", "<li>three</li>"),
    "words beside our first anchor": (
        lambda body: body.replace("</ac:structured-macro></p>", "</ac:structured-macro> hello</p>", 1),
        (" hello</p>",),
    ),
    "words beside our last anchor": (
        lambda body: body.replace("</ul>\n<p><ac:structured-macro", "</ul>\n<p>bye <ac:structured-macro"),
        ("<p>bye <ac:structured-macro",),
    ),
    "the whole page put into a layout": (lambda body: LAYOUT + body + LAYOUT_END, (LAYOUT, LAYOUT_END)),
    "a paragraph of ours taken away": instead("<p>Hello <strong>you</strong>.</p>", "", ""),
    "our tags written another way": (
        lambda body: body.replace("<h2>How it went</h2>", '<h2 local-id="1">How it went</h2 >'),
        (),
    ),
}


def ours(body: str) -> Ours:
    return Ours(KEY, documents.render(body, "storage", {figure.name: figure for figure in PAGE.figures}))


@pytest.mark.parametrize("kind", ["cloud", "datacenter"])
def test_what_people_wrote_in_confluence_is_read_as_lines(kind: str) -> None:
    with served(kind) as world:
        pages = world.pages()
        assert pages.theirs(PAGE.key) == "", "there is no page yet"
        pages.put(PAGE)
        world.edit(lambda body: "<p>Goal: less waiting</p>" + body + TASKS + "<p>Action: mend &amp; rest</p>")
        lines = pages.theirs(PAGE.key).split("\n")
        wanted = ["Goal: less waiting", "[ ] Ask Bo", "Action: mend & rest"]
        assert [line for line in lines if line in wanted] == wanted
        assert "How it went" not in lines, "ours is nobody's word"


def test_what_people_wrote_into_a_markdown_file_is_read_as_lines(tmp_path: Path) -> None:
    pages = Adapters.installed().pages("markdown", {"folder": str(tmp_path)}, Path())
    assert pages.theirs(PAGE.key) == "", "there is no page yet"
    path = tmp_path / pages.put(PAGE).id
    assert pages.theirs(PAGE.key) == "", "nobody wrote yet"
    path.write_text("Goal: less waiting\n" + path.read_text() + "\n- [ ] Ask Bo\n* Action: mend\n")
    assert pages.theirs(PAGE.key).split("\n") == ["Goal: less waiting", "[ ] Ask Bo", "Action: mend"]


@pytest.mark.parametrize("name", CONFLUENCE)
def test_a_page_in_confluence_keeps_every_byte_of_theirs(name: str) -> None:
    edit, pieces = CONFLUENCE[name]
    made = ours(BODY)
    before = stored(made.fresh(), "1")
    body = edit(before)
    assert body != before
    assert problem(body) is None
    for number, text in enumerate(NEXT):
        following = ours(text)
        body = merged(body, following, made.marks())
        made = following
        assert problem(body) is None
        body = stored(body, str(number))
        for piece in pieces:
            assert piece in body, piece
            assert not piece or body.count(piece) <= 2, piece
    there = standing(body, KEY)
    assert there is not None
    assert there.digest == ours(BODY).digest


def test_there_are_thirty_ways() -> None:
    assert len(CONFLUENCE) >= 30


@pytest.mark.parametrize("flavour", ["cloud", "datacenter"])
def test_all_ways_at_once_on_a_page_that_is_there(flavour: str) -> None:
    with served(flavour) as world:  # type: ignore[arg-type]
        _all_at_once(world)


def _all_at_once(world: WikiWorld) -> None:
    world.pages().put(PAGE)
    kept: list[str] = []
    for name, (edit, pieces) in CONFLUENCE.items():
        if name in ("a megabyte of notes", "the whole page put into a layout", "words beside our last anchor"):
            continue
        world.edit(edit)
        kept += [piece for piece in pieces if piece in world.body]
    assert len(kept) >= 20
    for text in NEXT:
        world.pages().put(replace(PAGE, body=text))
        for piece in kept:
            assert piece in world.body, piece


# --- files: their bytes are theirs, whatever they are ---------------------------------------------------------------

FILE_EDITS: dict[str, tuple[bytes, bytes, bytes]] = {
    "text in the notes": (b"", b"<p>We talked.</p>", b""),
    "text before the page": (b"---\ntags: [retro]\n---\n", b"", b""),
    "text after the page": (b"", b"", b"\nSee also [x](y)\n"),
    "all three": (b"a", b"b", b"c"),
    "bytes that are no text": (b"\xff\xfe", b"\x00\x80", b"\xc3\x28"),
    "line ends of another system": (b"a\r\nb\r", b"c\r\n\r\n", b"\r\n"),
    "nothing at all": (b"", b"", b""),
    "white space only": (b" \t", b"\n\n\n  ", b"\t"),
    "markup left open": (b"<div>", b"<b><i>", b"</table>"),
    "a comment of their own": (b"<!-- mine -->", b"<!-- mine", b"-->"),
    "half a marker": (b"<!-- eal-jira: generated", b"eal-jira: end of", b"<!-- eal-jira:"),
    "a script": (b"", b"<script>let x = '</p>'</script>", b""),
    "a megabyte": (b"", b"long " * 200_000, b""),
    "Markdown with a fence": (b"", b"```\n# not a heading\n```\n", b""),
    "another script": (b"", "日本語 العربية 👩\u200d💻".encode(), b""),
}


@pytest.mark.parametrize("kind", ["html", "markdown"])
@pytest.mark.parametrize("name", FILE_EDITS)
def test_a_file_keeps_every_byte_of_theirs(kind: str, name: str, tmp_path: Path) -> None:
    front, notes, back = FILE_EDITS[name]
    pages = Adapters.installed().pages(kind, {"folder": str(tmp_path)}, tmp_path)
    path = tmp_path / pages.put(PAGE).id
    marker, end = b"every byte is kept -->", b"<!-- eal-jira: end of your notes"
    content = path.read_bytes()
    start = content.index(marker) + len(marker)
    path.write_bytes(front + content[:start] + notes + content[content.index(end) :] + back)
    for text in NEXT:
        pages.put(replace(PAGE, body=text))
        after = path.read_bytes()
        assert after.startswith(front + b"<!-- eal-jira: generated from here on")
        assert after.endswith(back)
        assert after[after.index(marker) + len(marker) : after.index(end)] == notes


# --- whatever people do ----------------------------------------------------------------------------------------------

WORDS = st.text(alphabet="abc &<>é—\n\"'", min_size=1, max_size=12)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@st.composite
def blocks(draw: st.DrawFn) -> str:
    """A block that somebody writes, told apart from ours and from each other by a number of its own."""
    number, text = draw(st.integers(0, 10**12)), _escaped(draw(WORDS))
    return draw(
        st.sampled_from(
            (
                f"<p>{number} {text}</p>",
                f"<h2  id='x'>{number}&nbsp;{text}</h2>",
                f"<ul><li>{number}</li><li><p>{text}</p></li></ul>",
                f'<ac:structured-macro ac:name="info" ac:macro-id="{number}"><ac:rich-text-body><p>{text}</p>'
                "</ac:rich-text-body></ac:structured-macro>",
                f'<p><ac:image><ri:attachment ri:filename="{number}.png"/></ac:image></p>',
            )
        )
    )


TEXTS = st.lists(
    st.sampled_from(("One.", "Two **b**.", "## H", "- a\n- b", "> q", "![How?](figure:cycle)")), max_size=5
)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 100), blocks()), max_size=4),
    TEXTS.map("\n\n".join),
    st.lists(TEXTS.map("\n\n".join), min_size=1, max_size=3),
)
def test_whatever_is_written_anywhere_on_the_page_stays(
    written: list[tuple[int, str]], first: str, following: list[str]
) -> None:
    made = ours(first)
    body = stored(made.fresh(), "1")
    for place, block in written:
        content = body.encode()
        edges = [0, *(child.end for child in parse(body).children)]
        edge = edges[place % len(edges)]
        body = (content[:edge] + block.encode() + content[edge:]).decode()
    for number, text in enumerate(following):
        after = ours(text)
        body = stored(merged(body, after, made.marks()), str(number))
        made = after
        assert problem(body) is None
        for _, block in written:
            assert block in body
    again = merged(body, made, made.marks())
    assert [child.mark for child in parse(again).children] == [child.mark for child in parse(body).children]
