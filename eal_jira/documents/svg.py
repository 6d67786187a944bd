"""A chart's drawing made fit to stand in a page beside others: only shapes and text, names of its own, no outside.

Drawings come from our own charts. Still only known elements and attributes pass, so that a page keeps its promise to
run nothing and to load nothing whoever drew them.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

_SVG = "http://www.w3.org/2000/svg"
_LINK = "{http://www.w3.org/1999/xlink}href"

_ELEMENTS = re.compile(
    "svg|g|defs|symbol|use|clipPath|mask|linearGradient|radialGradient|stop|pattern|marker|title|desc"
    "|path|rect|circle|ellipse|line|polyline|polygon|text|tspan"
)
_ATTRIBUTES = re.compile(
    "id|href|class|style|transform|viewBox|preserveAspectRatio|x|y|x1|y1|x2|y2|cx|cy|r|rx|ry|dx|dy|width|height|d|points"
    "|fill|fill-opacity|fill-rule|stroke|stroke-(width|opacity|dasharray|dashoffset|linecap|linejoin|miterlimit)|opacity"
    "|clip-path|clip-rule|clipPathUnits|mask|font-(family|size|style|weight)|text-anchor|dominant-baseline"
    "|gradientUnits|gradientTransform|offset|stop-color|stop-opacity|patternUnits"
    "|markerWidth|markerHeight|markerUnits|refX|refY|orient"
)
_REFERENCE = re.compile(r"url\(\s*[\"']?#([^\"')]+)[\"']?\s*\)")
_OUTSIDE = re.compile(r"url\(\s*[\"']?(?!#)|@import|expression\(|javascript:", re.IGNORECASE)


def embed(svg: str, name: str, described_by: str) -> str:
    """The drawing as one ``<svg>`` element for an HTML page.

    `name` goes before every id in it, so that two charts don't share any; `described_by` is the id of the element
    that says in words what it shows. Raises `ValueError` where `svg` is not a drawing.
    """
    try:
        root = ElementTree.fromstring(svg)  # noqa: S314 - drawn by us, and expat expands no entities without limit
    except ElementTree.ParseError as error:
        raise ValueError(f"the drawing of the figure {name!r} is not XML: {error}") from error
    if root.tag != f"{{{_SVG}}}svg":
        raise ValueError(f"the drawing of the figure {name!r} is not SVG")
    drawing = _element(root, name)
    for attribute in ("width", "height", "id"):
        drawing.attrib.pop(attribute, None)
    drawing.set("role", "img")
    drawing.set("aria-labelledby", described_by)
    return ElementTree.tostring(drawing, encoding="unicode", short_empty_elements=True)


def _element(source: ElementTree.Element, name: str) -> ElementTree.Element:
    """A copy with known children and attributes only. Depth is that of the chart library: a handful of groups."""
    copy = ElementTree.Element(source.tag.removeprefix(f"{{{_SVG}}}"))
    if source.tag == f"{{{_SVG}}}svg":
        copy.set("xmlns", _SVG)
    copy.text, copy.tail = source.text, source.tail
    for key, value in source.attrib.items():
        key = "href" if key == _LINK else key
        if not _ATTRIBUTES.fullmatch(key) or _OUTSIDE.search(value):
            continue
        if key == "id":
            copy.set("id", f"{name}-{value}")
        elif key == "href":
            if value.startswith("#"):
                copy.set("href", f"#{name}-{value[1:]}")
        else:
            copy.set(key, _REFERENCE.sub(lambda found: f"url(#{name}-{found[1]})", value))
    for child in source:
        if _ELEMENTS.fullmatch(child.tag.removeprefix(f"{{{_SVG}}}")):
            copy.append(_element(child, name))
    return copy
