"""Actions that people wrote on a retro become tickets, each once; the next retro tells what became of them.

What they wrote there for others to use is kept among the learnings.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from eal_jira.outbox.intents import Ticket, marker, want
from eal_jira.reflection.notes import read_notes, same
from eal_jira.settings import TeamPart
from eal_jira.stages import said
from eal_jira.stages.house import House
from eal_jira.stages.learnt import learn_said
from eal_jira.store import Connection, facts, issues, learning
from eal_jira.store.learning import ActionRow, RetroRow

ACTION_LABEL = "eal-action"
OFTEN = timedelta(hours=1)
"""Pages are looked at no more often than this: a look may be a request."""

LATEST = 2
"""So many retros back are looked at: what is written later stands on a newer one."""


def hear_actions(house: House, team: TeamPart, now: datetime) -> int:
    """Looks at the latest retros; a new action and its ticket are committed together. How many are new."""
    looked = f"actions looked for: {team.name}"
    with house.store.read() as connection:
        last = facts.get_moment(connection, looked)
        retros = learning.retros(connection, team.name, LATEST)
        if not retros or (last is not None and now - last < OFTEN):
            return 0
        texts = [
            (retro, said.written_on(house, connection, team.pages, retro_key(team.name, retro.period)))
            for retro in retros
        ]
    made = 0
    with house.store.write() as connection:
        facts.put_moment(connection, looked, now)
        for retro, text in reversed(texts):
            notes = read_notes(text)
            for action in notes.actions:
                made += _make(house, connection, team, retro, action, now)
            for told in notes.for_others:
                learn_said(connection, team.name, retro_key(team.name, retro.period), told, now)
    return made


def retro_key(team: str, period: str) -> str:
    return marker("retro", team, period)


def _make(house: House, connection: Connection, team: TeamPart, retro: RetroRow, action: str, now: datetime) -> bool:
    words = issues.vocabulary(connection)
    still_open = {same(a.text) for a in said.actions(house, connection, team.name, words) if a.done is None}
    if same(action) in still_open:
        return False
    key = marker("action", team.name, retro.period, same(action))
    if not learning.add_action(connection, ActionRow(key, team.name, retro.period, action, now)):
        return False
    part = house.settings.tracker
    title = str((retro.body or {}).get("title", retro.period))
    document = house.templates.render("action.md", {"team": team.name, "action": action, "retro": title})
    ticket = Ticket(key, part.learning_project, part.ticket_type, f"{team.name}: {action}", document, (ACTION_LABEL,))
    want(connection, team.name, ticket, now)
    return True
