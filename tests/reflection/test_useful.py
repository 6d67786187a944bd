"""What others could use: on the retro of the period in which it was learnt, and wherever others took it up."""

from __future__ import annotations

from dataclasses import replace

from eal_jira.reflection.useful import MOST, Useful, useful
from tests.learning.builders import DAY
from tests.reflection.test_retro import PERIOD, learning, material

PAIRS = Useful("Pairs need no review", "works", "tested", PERIOD.start + DAY, key="EAL-8", url="https://t.example/8")


def test_what_is_new_or_in_use_elsewhere_is_shown_the_newest_first() -> None:
    before, after = PERIOD.start - DAY, PERIOD.end
    known = [
        PAIRS,
        replace(PAIRS, what="Old and in use", made=before, elsewhere=1),
        replace(PAIRS, what="Old", made=before),
        replace(PAIRS, what="Not known then", made=after, elsewhere=9),
        replace(PAIRS, what="Nobody knows", outcome="cannot tell yet"),
        replace(PAIRS, what="Broken off", outcome="stopped"),
    ]
    assert [each.what for each in useful(known, PERIOD)] == ["Pairs need no review", "Old and in use"]
    assert len(useful([replace(PAIRS, what=str(n)) for n in range(30)], PERIOD)) == MOST


def test_how_many_use_it_is_told_from_the_smallest_group_on() -> None:
    said = learning(material(useful=[PAIRS]))
    assert "Pairs need no review (tested, EAL-8)" in said
    assert "others" not in said[said.index("EAL-8") :].split("\n")[0]
    assert "others have begun to link to it" in learning(material(useful=[replace(PAIRS, elsewhere=4)]))
    assert "5 issues of others are linked to it" in learning(material(useful=[replace(PAIRS, elsewhere=5)]))
    assert "What of all this could another team use?" in learning(material())
