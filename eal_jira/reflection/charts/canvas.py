"""The paper that charts are drawn on: one look, safe text, and the same bytes for the same picture.

The SVG is made to stand inside a page. It carries no style sheet and no style attribute, so a page whose policy is
`default-src 'none'` shows it; its ids begin with the figure's name, so several figures share a page; what is ink takes
the page's text colour (`currentColor`), so it reads on light and on dark pages; text stays text, in the reader's font.
The PNG is for targets that want a file: twice the pixels, and opaque, because ink has to have one colour there and none
reads well on both light and dark paper.
"""

from __future__ import annotations

import base64
import io
import re
import unicodedata
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure as Drawing
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from eal_jira.documents.text import safe_url

INK = "#1f2328"
PAPER = "#ffffff"
#: at least 3:1 against white and against near-black, and told apart in the common kinds of colour blindness
#: (after Okabe & Ito, Color Universal Design, 2008); each has a shape of its own, for eyes that see no colour
SERIES = (("#2481c4", "o"), ("#d55e00", "^"), ("#008f68", "s"), ("#b8639b", "D"))
OTHERS = ("#7a7a7a", "v")

#: pixels
WIDTH = 720
TITLE, TEXT, SMALL, TINY = 15, 11.5, 10.5, 9.5
MUTED, GRID = 0.72, 0.14
LONGEST_ADDRESS = 2_000

_STYLE: dict[str, Any] = {
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "font.size": TEXT,
    "svg.fonttype": "none",
    "svg.hashsalt": "eal-jira",
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": INK,
    "ytick.color": INK,
}
#: matplotlib keeps its settings in one place for the whole process: one picture at a time
_drawing = Lock()
_LOCAL_REFERENCE = re.compile(r"url\(#([^)]*)\)")
#: what lies beyond a hundredth of a pixel
_FINER = re.compile(r"(\.\d\d)\d+")


def clean(text: str, limit: int = 1_000) -> str:
    """Foreign text as a chart can carry it: one line, no control, format or surrogate characters, not too long.

    Beyond ten times `limit` it is not even looked at: a megabyte of nothing to show would take its time on every dot.
    """
    head = text[: 10 * limit]
    kept = "".join(c if unicodedata.category(c)[0] != "C" else " " if c.isspace() else "" for c in head)
    line = " ".join(kept.split())
    return line if len(line) <= limit and len(head) == len(text) else line[: limit - 1].rstrip() + "…"


@contextmanager
def canvas(title: str, subtitle: str, height: int, margins: tuple[int, int, int, int]) -> Iterator[Canvas]:
    """A canvas in our look, one at a time; `margins` are the pixels left, right, above and below the plot."""
    with _drawing, style.context(["default", _STYLE]):
        yield Canvas(title, subtitle, height, margins)


class Canvas:
    """A drawing with its title at the top left and one plot under it. Lengths are pixels of a page."""

    def __init__(self, title: str, subtitle: str, height: int, margins: tuple[int, int, int, int]) -> None:
        left, right, top, bottom = margins
        #: of the plot
        self.width, self.height = WIDTH - left - right, height - top - bottom
        # One inch is 72 units of the SVG, and we take a unit for a pixel.
        self._drawing = Drawing(figsize=(WIDTH / 72, height / 72), dpi=72)
        self._outer = height
        self._tips: dict[str, Sequence[str]] = {}
        self.plot: Axes = self._drawing.add_axes(
            (left / WIDTH, bottom / height, self.width / WIDTH, self.height / height)
        )
        self.plot.spines[:].set_visible(False)
        self.plot.tick_params(length=0, pad=6, labelsize=SMALL)
        self.write(4, 22, title, size=TITLE, weight="bold")
        self.write(4, 41, subtitle, alpha=MUTED)

    def write(self, x: float, y: float, text: str, *, size: float = TEXT, **options: Any) -> None:
        """Text with its baseline `y` pixels under the top edge and `x` pixels from the left one."""
        lines = "\n".join(clean(line) for line in text.split("\n"))
        self._drawing.text(x / WIDTH, 1 - y / self._outer, lines, fontsize=size, **options)

    def legend(self, entries: Sequence[tuple[str, str, str]], y: float = 64) -> None:
        """A line of (label, colour, marker) under the title, in the reading order of the picture."""
        x = 9.0
        for label, colour, marker in entries:
            self._drawing.add_artist(
                Line2D(
                    [x / WIDTH],
                    [1 - (y - 4) / self._outer],
                    color=colour,
                    marker=marker,
                    markersize=7,
                    markeredgewidth=2 * (marker == "|"),
                    linestyle="",
                )
            )
            self.write(x + 9, y, label, size=SMALL)
            x += 27 + 6 * len(label)

    def under(self, gap: float, height: float) -> Axes:
        """A second, flat plot as wide as the first, `gap` pixels under it."""
        left, bottom, width, _ = self.plot.get_position().bounds
        strip = self._drawing.add_axes((left, bottom - (gap + height) / self._outer, width, height / self._outer))
        strip.spines[:].set_visible(False)
        strip.tick_params(length=0, pad=4, labelsize=SMALL)
        return strip

    def swatch(self, x: float, y: float, label: str, shade: float) -> None:
        """A small square of ink with its label, its upper left corner `x` and `y` pixels from the paper's."""
        corner = (x / WIDTH, 1 - (y + 11) / self._outer)
        self._drawing.add_artist(
            Rectangle(
                corner,
                11 / WIDTH,
                11 / self._outer,
                transform=self._drawing.transFigure,
                facecolor=to_rgba(INK, shade),
                edgecolor=to_rgba(INK, 0.2),
                linewidth=0.8,
            )
        )
        self.write(x + 16, y + 9.5, label, size=TINY, alpha=MUTED)

    def dots(
        self, xs: Sequence[Any], ys: Sequence[float], series: tuple[str, str], tips: Sequence[str], urls: Sequence[str]
    ) -> None:
        """One mark per issue; hovering over it says its tip, and it leads to its address where it has a safe one."""
        colour, marker = series
        marks = self.plot.scatter(
            xs, ys, s=44, marker=marker, color=colour, alpha=0.9, linewidths=0, zorder=3, clip_on=False
        )
        marks.set_urls([_address(url) for url in urls])
        group = f"dots-{len(self._tips)}"
        marks.set_gid(group)
        self._tips[group] = tips

    def pictures(self, name: str, title: str, summary: str, *, png: bool) -> tuple[str, str]:
        """The drawing as (SVG text, base64 of the PNG or "" where none is wanted: it takes half of the time)."""
        with warnings.catch_warnings():
            # A script that the drawing's own font lacks: the SVG's text is set in the reader's fonts, which have it.
            warnings.filterwarnings("ignore", message="Glyph .* missing from font")
            svg, pixels = io.BytesIO(), io.BytesIO()
            self._drawing.savefig(svg, format="svg", metadata={"Date": None})
            if png:
                self._drawing.savefig(pixels, format="png", dpi=144, facecolor=PAPER, metadata={"Software": None})
        tips = {group: [clean(tip) for tip in texts] for group, texts in self._tips.items()}
        text = _for_a_page(svg.getvalue(), name, clean(title), clean(summary), tips)
        return text, base64.b64encode(pixels.getvalue()).decode("ascii")


def _address(url: str) -> str | None:
    """The address, where a mark may lead to it: a whole one of the web."""
    whole = len(url) <= LONGEST_ADDRESS and url.startswith(("https://", "http://"))
    return safe_url(url) if whole else None


def spread(wanted: Sequence[float], gap: float) -> list[float]:
    """Places for labels, at least `gap` apart, each as near to its wanted place as its neighbours below let it be."""
    placed: dict[int, float] = {}
    lowest = float("-inf")
    for index in sorted(range(len(wanted)), key=wanted.__getitem__):
        lowest = placed[index] = max(wanted[index], lowest + gap)
    return [placed[index] for index in range(len(wanted))]


def _for_a_page(svg: bytes, name: str, title: str, summary: str, tips: Mapping[str, Sequence[str]]) -> str:
    """matplotlib's SVG document as an element of a page; see the module's text for what that asks."""
    root = ET.fromstring(svg)  # noqa: S314 – written by matplotlib a moment ago
    for parent in list(root.iter()):
        for child in list(parent):
            if _local(child.tag) in {"metadata", "style"}:
                parent.remove(child)
    for element in root.iter():
        _plain(element, name)
    for group, texts in tips.items():
        marks = root.findall(f".//g[@id='{name}-{group}']//use") or root.findall(f".//g[@id='{name}-{group}']//path")
        for mark, text in zip(marks, texts, strict=True):
            ET.SubElement(mark, "title").text = text

    linked = root.find(".//a") is not None
    root.attrib = {
        "xmlns": "http://www.w3.org/2000/svg",
        "viewBox": root.attrib["viewBox"],
        "width": root.attrib["width"].removesuffix("pt"),
        "height": root.attrib["height"].removesuffix("pt"),
        # an image's inside is closed to a screen reader, so a picture with links in it is a group
        "role": "group" if linked else "img",
        "aria-labelledby": f"{name}-title {name}-desc",
        "font-family": "system-ui, sans-serif",
        "stroke-linejoin": "round",
    }
    for place, (tag, text) in enumerate((("title", title), ("desc", summary))):
        element = ET.Element(tag, {"id": f"{name}-{tag}"})
        element.text = text
        root.insert(place, element)
    return ET.tostring(root, encoding="unicode")


def _plain(element: ET.Element, name: str) -> None:
    """One element without name spaces and style attribute, its ids and colours made fit for a page."""
    element.tag = _local(element.tag)
    attributes: dict[str, str] = {}
    for key, value in element.attrib.items():
        key = _local(key)
        if key == "style":
            for declaration in value.split(";"):
                prop, _, setting = declaration.partition(":")
                attributes[prop.strip()] = setting.strip()
        else:
            attributes[key] = " ".join(value.split())
    attributes.pop("font-family", None)
    for key, value in attributes.items():
        if key == "id":
            attributes[key] = f"{name}-{value}"
        elif key == "href":
            attributes[key] = f"#{name}-{value[1:]}" if value.startswith("#") else value
        elif value.lower() == INK:
            attributes[key] = "currentColor"
        else:
            attributes[key] = _FINER.sub(r"\1", _LOCAL_REFERENCE.sub(rf"url(#{name}-\1)", value))
    element.attrib = attributes
    if element.tag != "text":
        element.text = None
    element.tail = None


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
