"""What people write on a page, read for the few words that ask for something.

    Action: pair on the next migration        ☐ pair on the next migration        - [ ] pair on the next migration
    Goal: refunds without a call to support    Question for Payments: what would you stop doing?
    Host: a tester                             For others: review in pairs when the change is about money

A line of its own each, in any case and anywhere in the people's part. A ticked box is done and asks for nothing.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from eal_jira.documents import one_line

MOST_ACTIONS = 20
"""Of one page. Whoever writes more has written a plan, and plans have a place of their own."""

LONGEST = 200

_LINE = re.compile(
    r"""\s* (?: [-*+•] \s+ | \d+ [.)] \s+ )?
    (?: (?P<box> \[ [ ]? \] | ☐ | □ ) \s* (?: action \s* : )?
      | (?P<word> action | goal | question | host | for \s+ others )
        (?: \s+ for \s+ (?P<whom> [^:\n]{1,80}? ) )? \s* : )
    \s* (?P<text> \S .* )""",
    re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Notes:
    #: in the order written, each once
    actions: tuple[str, ...] = ()
    #: the last one written, "" where none was
    goal: str = ""
    #: team (as written, folded; "" for all) → the last question to it
    questions: tuple[tuple[str, str], ...] = ()
    #: who hosted the talk, in the team's own words; the last one written
    host: str = ""
    #: what others could use, in the order written, each once
    for_others: tuple[str, ...] = ()

    def question_for(self, team: str) -> str:
        """The question to this team, or the one to all of them; "" where nobody asked."""
        asked = dict(self.questions)
        return asked.get(team.casefold(), asked.get("", ""))


def read_notes(text: str) -> Notes:
    """Every text is notes; what has none of our words in it asks for nothing."""
    actions: dict[str, str] = {}
    for_others: dict[str, str] = {}
    goal = host = ""
    questions: dict[str, str] = {}
    for line in re.split(r"\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]", text):
        found = _LINE.fullmatch(line[:2_000])
        if found is None:
            continue
        said = _short(found["text"])
        word = "action" if found["box"] else one_line(found["word"]).casefold()
        if not said:
            continue
        if word == "goal":
            goal = said
        elif word == "host":
            host = said
        elif word == "for others":
            for_others.setdefault(same(said), said)
        elif word == "question":
            questions[one_line(found["whom"] or "").casefold()] = said
        else:
            actions.setdefault(same(said), said)
    others = tuple(for_others.values())[:MOST_ACTIONS]
    return Notes(tuple(actions.values())[:MOST_ACTIONS], goal, tuple(questions.items()), host, others)


def same(action: str) -> str:
    """Equal for actions that differ in case, spaces and punctuation at the end only: they are one action."""
    plain = one_line(action).casefold().rstrip(".!; ")
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _short(text: str) -> str:
    line = one_line(text)
    return line if len(line) <= LONGEST else line[: LONGEST - 1].rstrip() + "…"
