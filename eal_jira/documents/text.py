"""Foreign text made fit to be shown: nothing invisible in it, nothing that turns the line around, no unsafe address."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

#: Everything that counts as a line's end, Unicode's own separators with it.
_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")

#: Control characters but tab and newline; marks that reorder or hide what follows ("Trojan Source", CVE-2021-42574);
#: noncharacters and interlinear marks, which XML does not allow. Joiners stay: scripts and emoji need them.
_UNSHOWABLE = re.compile(
    "[\0-\x08\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufdd0-\ufdef\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f"
    + "".join(chr(plane + last) for plane in range(0, 0x110000, 0x10000) for last in (0xFFFE, 0xFFFF))
    + "]"
)
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")

_UNSAFE_IN_URL = re.compile(r"[\s\\<>\"{}|^`]")


def clean(text: str) -> str:
    """The text with newlines as its line ends and without what can't be shown; half characters become U+FFFD."""
    return _HALF_CHARACTER.sub("\ufffd", _UNSHOWABLE.sub("", _LINE_END.sub("\n", text)))


def one_line(text: str) -> str:
    """`clean`, with every run of white space as one space and none at the ends: as a browser would show it."""
    return " ".join(clean(text).split())


#: Characters of one value; a tracker's longest field has 32,767, and a page is for people.
LONGEST = 4_000


def shortened(text: str) -> str:
    """The text, or its first `LONGEST` characters with a word that says so."""
    return text if len(text) <= LONGEST else text[:LONGEST].rstrip() + " … (cut)"


def safe_url(url: str) -> str | None:
    """The address, where a link may lead to it: http, https, or relative to the page. None for everything else.

    Not allowed: other schemes (``javascript:``, ``data:``, ``mailto:``, …), addresses that borrow the page's scheme
    (``//host``), and whatever a browser would have to strip or repair first.
    """
    if not url or _UNSAFE_IN_URL.search(url) or clean(url) != url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme or parts.netloc:
        return url if parts.scheme in ("http", "https") and parts.netloc else None
    # What urlsplit takes for a path may still be a scheme to a browser ("a_b:c" is a path to both, "1:x" is safer out).
    return url if ":" not in url.split("/")[0] else None
