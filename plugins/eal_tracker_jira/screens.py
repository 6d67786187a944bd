"""What the learning project takes: a ticket as we send it, and the decisions on it (facts 5.4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from eal_jira.hookspecs import Check
from eal_tracker_jira.answers import Json, named, rows
from eal_tracker_jira.gateway import segment
from eal_tracker_jira.site import Site
from eal_tracker_jira.tickets import creatable, ids_of

SENT = frozenset({"project", "issuetype", "summary", "description", "labels"})
"""Fields of a ticket as `tickets` creates it."""

_FILLED = frozenset({"reporter"})
"""Required fields that Jira fills itself: the reporter is who creates."""

_WITHOUT = {
    "labels": "tickets carry a label to be found again; without it a lost answer could make a second one",
    "description": "tickets carry their text in it",
}


def look_at_screen(site: Site, project: str, type: str) -> Iterator[Check]:
    """The create screen of the ticket type. A field that isn't on it makes Jira refuse the whole ticket (facts 5.1).

    Raises `RefusedByTracker` when there is no such type.
    """
    name = f"screen of {type} in {project}"
    _, type_id = ids_of(site, project, type)
    shown = {_id(field): field for field in creatable(site, f"{segment(project)}/issuetypes/{type_id}", "fields")}
    missing = [field for field in _WITHOUT if field not in shown]
    for field in missing:
        yield Check.red(
            name,
            f"The field {field!r} is not on it: {_WITHOUT[field]}.",
            f"Put it on the create screen of {type} in the settings of project {project}.",
        )
    required = [field for id, field in shown.items() if id not in SENT | _FILLED and _must_be_sent(field)]
    if required:
        yield Check.red(
            name,
            f"It requires fields that we don't fill: {', '.join(str(f.get('name') or _id(f)) for f in required)}.",
            "Make them optional for that type, give them defaults, or set tracker.ticket_type to another type.",
        )
    if not missing and not required:
        yield Check.green(name, f"It takes tickets as we send them ({', '.join(sorted(SENT))}).")


def look_at_decisions(site: Site, project: str, type: str, decisions: Mapping[str, tuple[str, ...]]) -> Iterator[Check]:
    """Whether a ticket's workflow has the statuses that mean something. `decisions` is that of `Needs`."""
    there = {named(status, "name") for status in _statuses(site, project, type)}
    folded = {status.casefold() for status in there}
    for key, names in decisions.items():
        missing = [name for name in names if name.casefold() not in folded]
        if not missing:
            yield Check.green(key, f"{', '.join(names)}: in the workflow of {type} in {project}.")
            continue
        # one name of several is enough to decide with
        colour = Check.red if len(missing) == len(names) else Check.yellow
        yield colour(
            key,
            f"The workflow of {type} in {project} has no status {' or '.join(map(repr, missing))}.",
            f"Add it there, or write into {key} what you use; there are: {', '.join(sorted(there)) or 'none'}.",
        )


def look_at_end(site: Site, project: str, type: str, done: str) -> Iterator[Check]:
    """Whether an experiment's ticket can be closed: `done` is in its workflow, and of the category that means done."""
    key, place = "experiments.done", f"the workflow of {type} in {project}"
    statuses = _statuses(site, project, type)
    closing = sorted({named(each, "name") for each in statuses if _category(each) == "done"})
    if done.casefold() in map(str.casefold, closing):
        yield Check.green(key, f"{done}: ends a ticket in {place}.")
        return
    there = any(named(each, "name").casefold() == done.casefold() for each in statuses)
    happened = (
        f"The status {done!r} in {place} is of a category other than done: experiments with a result would look open."
        if there
        else f"There is no status {done!r} in {place}: experiments with a result would stay open."
    )
    if closing:
        yield Check.yellow(key, happened, f"Write one of these into {key}: {', '.join(closing)}.")
        return
    remedy = f"Add one of the category done to it, and write its name into {key}."
    yield Check.red(key, f"{happened} It has no status of the category done at all.", remedy)


def _statuses(site: Site, project: str, type: str) -> list[Json]:
    """Those of the workflow of this type; none where there is no such type."""
    types = rows({"types": site.gateway.get(f"project/{segment(project)}/statuses")}, "types")
    return [
        status
        for each in types
        if named(each, "name").casefold() == type.casefold()
        for status in rows(each, "statuses")
    ]


def _category(status: Json) -> str:
    category = status.get("statusCategory")
    return str(category.get("key") or "") if isinstance(category, dict) else ""


def _id(field: Json) -> str:
    return str(field.get("fieldId") or field.get("key") or "")


def _must_be_sent(field: Json) -> bool:
    return bool(field.get("required")) and not field.get("hasDefaultValue")
