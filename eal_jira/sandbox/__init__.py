"""A small Jira on loopback, Cloud or Data Center, that behaves as `facts/jira.md` says: for tests, and for the demo."""

from eal_jira.sandbox.acts import Act, Create, Edit, Move, Person, ProjectPlan, Say
from eal_jira.sandbox.clock import Clock, RealClock, VirtualClock
from eal_jira.sandbox.journal import JournalEntry, RequestEntry
from eal_jira.sandbox.loading_words import LoadReport, NotLoaded
from eal_jira.sandbox.server import Served, serve
from eal_jira.sandbox.site import Site
from eal_jira.sandbox.webhooks import Mischief, Webhook

__all__ = [
    "Act",
    "Clock",
    "Create",
    "Edit",
    "JournalEntry",
    "LoadReport",
    "Mischief",
    "Move",
    "NotLoaded",
    "Person",
    "ProjectPlan",
    "RealClock",
    "RequestEntry",
    "Say",
    "Served",
    "Site",
    "VirtualClock",
    "Webhook",
    "serve",
]
