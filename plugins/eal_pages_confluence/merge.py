"""Theirs kept, ours made anew: what we generate stands between two anchors, which no reader sees.

    (theirs) anchor … generated … anchor (theirs)

- All outside is kept byte for byte. So is what people put between our blocks, or changed in one of them: it moves
  below ours, and the block is made anew beside it.
- A comment on our words stays on the same words; where they are gone, it stands at the end of ours with the words that
  it was about.
- The first anchor's name holds a hash of what was generated, so it is as old as the text behind it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape, unescape

from eal_jira.errors import RefusedByTracker
from eal_pages_confluence.body import COMMENT, Element, parse

NOTES = "<h2>Your notes</h2>\n<p>Nothing here yet. What you write outside the generated part stays.</p>\n"
"""What stands below ours on a new page; theirs from then on."""

_TAG = re.compile(r"(<[^>]+>)")
_LOST = "<p><em>Comments on words that stood here before:</em></p>"


def short_hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Ours:
    """What we generate for a page. `key`: a short hash of the page's own."""

    key: str
    content: str

    @property
    def digest(self) -> str:
        return short_hash(self.content)

    def fresh(self) -> str:
        """The body of a new page."""
        opening = _anchor(f"eal-jira-{self.key}-begin-{self.digest}")
        return f"{opening}\n{self.content}{_anchor(f'eal-jira-{self.key}-end')}\n{NOTES}"

    def marks(self) -> list[str]:
        """Of our blocks, to tell them from what people put between them."""
        return [child.mark for child in parse(self.content).children]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where ours stands in a body."""

    #: of what was generated
    digest: str
    #: place of that digest in the body, in bytes
    place: int
    begin: Element
    end: Element
    blocks: Sequence[Element]

    @property
    def size(self) -> int:
        """Bytes of ours."""
        return self.end.start - self.begin.end


def standing(body: str, key: str) -> Standing | None:
    """Where ours stands; None where the two anchors don't stand once each, in order, in a line of their own."""
    root = parse(body)
    begins = list(_anchors(root, re.compile(rf"eal-jira-{key}-begin-([0-9a-f]{{12}})")))
    ends = list(_anchors(root, re.compile(rf"eal-jira-{key}-end")))
    if len(begins) != 1 or len(ends) != 1:
        return None
    (found, to_begin), (_, to_end) = begins[0], ends[0]
    shared = 0
    while to_begin[shared] is to_end[shared]:
        shared += 1
    above, begin, end = to_begin[shared - 1], to_begin[shared], to_end[shared]
    if begin.end > end.start or {begin.name, end.name} - {"p", "ac:structured-macro"}:
        return None
    blocks = [child for child in above.children if begin.end <= child.start and child.end <= end.start]
    content = body.encode("utf-8", "surrogatepass")
    place = content.find(f"-begin-{found[1]}".encode(), begin.start) + len("-begin-")
    return Standing(found[1], place, begin, end, blocks)


def around(body: str, key: str) -> str:
    """What stands before and after ours, as storage format; "" where the anchors are no longer both there."""
    there = standing(body, key)
    if there is None:
        return ""
    content = body.encode("utf-8", "surrogatepass")
    return (content[: there.begin.start] + b"\n" + content[there.end.end :]).decode("utf-8", "surrogatepass")


def merged(body: str, ours: Ours, known: Iterable[str] | None) -> str:
    """The body with what we generate now. `known`: marks of the blocks that we generated last; None: nobody knows."""
    there = standing(body, ours.key)
    if there is None:
        raise RefusedByTracker(
            "The page no longer has its two anchors, each once and in order.",
            refused="It was left as it is, because what people wrote on it can't be told from what was generated.",
            remedy="Restore an older version from its history, or delete the page: then it is made anew.",
        )
    content = body.encode("utf-8", "surrogatepass")
    marks = None if known is None else frozenset(known)
    foreign = [b for b in there.blocks if marks is not None and b.mark not in marks and not b.is_blank]
    loose = _between(content, there) if marks is not None else []
    moving = {block.start for block in foreign}
    ours_before = [block for block in there.blocks if block.start not in moving]
    comments = [comment for block in ours_before for comment in _comments(content, there, block)]
    made = _with_comments(ours.content, comments)
    moved = b"".join(content[block.start : block.end] + b"\n" for block in foreign) + b"".join(loose)
    return b"".join(
        (
            content[: there.place],
            ours.digest.encode(),
            content[there.place + len(there.digest) : there.begin.end],
            b"\n",
            made.encode("utf-8", "surrogatepass"),
            content[there.end.start : there.end.end],
            b"\n" + moved if moved else b"",
            content[there.end.end :],
        )
    ).decode("utf-8", "surrogatepass")


def _anchor(name: str) -> str:
    parameter = f'<ac:parameter ac:name="">{name}</ac:parameter>'
    return f'<p><ac:structured-macro ac:name="anchor">{parameter}</ac:structured-macro></p>'


def _anchors(root: Element, name: re.Pattern[str]) -> Iterable[tuple[re.Match[str], list[Element]]]:
    """Anchors called so, each with the way that leads to it from the root."""

    def look(element: Element, way: list[Element]) -> Iterable[tuple[re.Match[str], list[Element]]]:
        way = [*way, element]
        if element.name == "ac:structured-macro" and element.attributes.get("ac:name") == "anchor":
            found = name.fullmatch(element.words.strip())
            if found:
                yield found, way
        for child in element.children:
            yield from look(child, way)

    return look(root, [])


def _between(content: bytes, there: Standing) -> list[bytes]:
    """Words that stand between our blocks in no element at all."""
    edges = [there.begin.end, *(edge for block in there.blocks for edge in (block.start, block.end)), there.end.start]
    gaps = [content[begin:end] for begin, end in zip(edges[::2], edges[1::2], strict=True)]
    return [gap for gap in gaps if gap.strip()]


@dataclass(frozen=True, slots=True)
class _Comment:
    ref: str
    #: what it is about, as words and as they stand in the body
    words: str
    inner: str
    #: how many times the same words stand in ours before
    before: int


def _comments(content: bytes, there: Standing, block: Element) -> Iterable[_Comment]:
    for element in block.walk():
        if element.name == COMMENT and element.words.strip():
            above = content[there.begin.end : element.start].decode("utf-8", "surrogatepass")
            count = unescape(_TAG.sub("", above)).count(element.words)
            inner = content[element.inner : element.inner_end].decode("utf-8", "surrogatepass")
            yield _Comment(element.attributes.get("ac:ref", ""), element.words, inner, count)


def _with_comments(made: str, comments: Iterable[_Comment]) -> str:
    lost: list[_Comment] = []
    for comment in comments:
        parts = _TAG.split(made)
        places = [
            (number, found.start())
            for number, part in enumerate(parts)
            if not part.startswith("<")
            for found in re.finditer(re.escape(comment.words), unescape(part))
        ]
        if not places:
            lost.append(comment)
            continue
        number, at = places[min(comment.before, len(places) - 1)]
        text = unescape(parts[number])
        end = at + len(comment.words)
        marker = f'<{COMMENT} ac:ref="{escape(comment.ref)}">{escape(comment.words)}</{COMMENT}>'
        parts[number] = escape(text[:at]) + marker + escape(text[end:])
        made = "".join(parts)
    if not lost:
        return made
    items = "".join(f'<li><{COMMENT} ac:ref="{escape(c.ref)}">{c.inner}</{COMMENT}></li>' for c in lost)
    return f"{made}{_LOST}\n<ul>{items}</ul>\n"


def carried_marks(body: str, key: str) -> list[str]:
    """Marks of what stands in ours beside what is generated: the comments whose words are gone."""
    there = standing(body, key)
    if there is None:
        return []
    for number, block in enumerate(there.blocks):
        if block.words.strip() == unescape(_TAG.sub("", _LOST)):
            return [each.mark for each in there.blocks[number : number + 2]]
    return []
