"""How well founded a guideline is. The grade follows from its links alone; nobody gives it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum

from eal_jira.process.names import suggestion
from eal_jira.process.problems import Mistake

Link = Mapping[str, str]
"""One entry of ``evidence``: ``{ observed = "where" }`` or ``{ tested = "where" }``, with the `team` where it was not
this one."""

KINDS = ("observed", "tested")


class Grade(StrEnum):
    OPINION = "opinion"
    OBSERVED = "observed"
    TESTED = "tested"
    PROVEN = "proven in several teams"


def grade(links: Iterable[Link], origin: str, *, imported: str) -> Grade:
    """The grade of these links. A version that a proposal brought rests on what was observed before it."""
    links = list(links)
    teams = {link.get("team", "") for link in links if "tested" in link}
    if len(teams) > 1:
        return Grade.PROVEN
    if teams:
        return Grade.TESTED
    return Grade.OBSERVED if links or origin != imported else Grade.OPINION


def mistakes_in(links: object) -> Iterator[Mistake]:
    """What can't be used in ``evidence``."""
    if not isinstance(links, list | tuple):
        yield Mistake(("evidence",), '"evidence" should be a list of links.', _EXAMPLE)
        return
    for link in links:
        if not isinstance(link, Mapping) or not all(isinstance(text, str) and text.strip() for text in link.values()):
            yield Mistake(("evidence",), '"evidence" has an entry that is no table of texts.', _EXAMPLE)
            continue
        unknown = sorted(link.keys() - {*KINDS, "team"})
        for key in unknown:
            what = f'"evidence.{key}" is not a key that can be used here.'
            yield Mistake(("evidence",), what, suggestion(key, [*KINDS, "team"]))
        if not unknown and len(link.keys() & set(KINDS)) != 1:
            what = '"evidence" has an entry that is not either observed or tested.'
            yield Mistake(("evidence",), what, _EXAMPLE)


_EXAMPLE = 'For example: evidence = [{ observed = "EAL-12" }, { tested = "EAL-30", team = "Search" }]'
