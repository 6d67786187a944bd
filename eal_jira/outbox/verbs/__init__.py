"""The list of things that can happen in the tracker because of us: one verb, one file.

A verb is a step: it gets the desk and an intent, makes sure that what the intent says is so, and returns what came of
it. It may be called again at any time, after a kill as after a success; each looks before it writes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from eal_jira.outbox.desk import Desk
from eal_jira.outbox.verbs.attachment import attachment
from eal_jira.outbox.verbs.comment import comment
from eal_jira.outbox.verbs.description import description
from eal_jira.outbox.verbs.link import link
from eal_jira.outbox.verbs.page import page
from eal_jira.outbox.verbs.remote_link import remote_link
from eal_jira.outbox.verbs.tag import tag
from eal_jira.outbox.verbs.ticket import ticket
from eal_jira.outbox.verbs.transition import transition
from eal_jira.store.intents import IntentRow

Verb = Callable[[Desk, IntentRow], Mapping[str, Any]]

VERBS: Mapping[str, Verb] = {
    "tag": tag,
    "ticket": ticket,
    "description": description,
    "comment": comment,
    "transition": transition,
    "link": link,
    "remote_link": remote_link,
    "page": page,
    "attachment": attachment,
}
