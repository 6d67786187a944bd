"""What the sandbox's people write: summaries, descriptions, comments."""

from __future__ import annotations

import random

STORIES = (
    "Let customers find the {thing} without help",
    "Show what is going on with the {thing}",
    "Make the {thing} work for business customers",
    "Offer the {thing} in a second language",
    "Remember the last choice in the {thing}",
    "Explain the {thing} where people get stuck",
)
BUGS = (
    "{thing} is empty after the second try",
    "{thing} shows yesterday's numbers",
    "{thing} takes more than ten seconds",
    "{thing} fails with a long name",
    "{thing} is cut off on small screens",
    "{thing} forgets its settings after an update",
    "{thing} answers with an error on Mondays",
)
TASKS = (
    "Bring the library behind the {thing} up to date",
    "Write down how the {thing} is operated",
    "Remove the old {thing}",
    "Measure how often the {thing} is used",
)
DESCRIPTIONS = {
    "Story": "As a customer I want the {thing} to just work. Done when support hears no more of it.",
    "Bug": "Seen by support today. Steps: open the {thing}, try it twice. Expected: the same answer both times.",
    "Task": "The {thing} has had nobody's attention for a while; an hour or two now saves days later.",
}
RETURNED = {
    "In Review": (
        "Two remarks in the pull request, please have a look.",
        "A test for the empty case is missing.",
        "This touches the public interface; can we talk about it first?",
    ),
    "Testing": (
        "It still happens on the second try; steps are in the description.",
        "Works with new data, not with migrated data.",
        "On staging the old behaviour shows again.",
    ),
}
NOTES = (
    "Ready for a look; the interesting part is in the second commit.",
    "Took longer than expected because of the old settings.",
    "Found the cause: the cache was not cleared.",
    "Checked with support, this is what they need.",
)
BLOCKED = (
    "Waiting for access to the staging database.",
    "Waiting for an answer from the supplier.",
    "Needs the new interface of another team first.",
)
REOPENED = (
    "Back again since this morning's release.",
    "Support hears about this again.",
)
NOT_NEEDED = "Not needed any more; closing it without work."


def told(type_: str, thing: str, dice: random.Random) -> tuple[str, str]:
    """Summary and description of a new issue about `thing`."""
    summary = dice.choice({"Story": STORIES, "Bug": BUGS, "Task": TASKS}[type_]).format(thing=thing)
    return summary[0].upper() + summary[1:], DESCRIPTIONS[type_].format(thing=thing)
