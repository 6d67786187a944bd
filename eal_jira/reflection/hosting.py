"""Who hosts the talk about a retro: each in turn, by role. Nobody is named; who it really was is the team's affair."""

from __future__ import annotations

from collections.abc import Sequence


def next_host(hosts: Sequence[str], proposed: str, written: str = "") -> str:
    """The role whose turn it is after the last one: never the same twice running where there are others.

    `proposed`: the last time. `written`: who it was then, in the team's own words; it counts if it is one of `hosts`.
    """
    turn = {host.casefold(): host for host in hosts}
    places = list(turn)
    last = next((each.casefold() for each in (written, proposed) if each.casefold() in turn), None)
    if last is None:
        return next(iter(turn.values()), "")
    return turn[places[(places.index(last) + 1) % len(places)]]
