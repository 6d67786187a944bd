"""Permissions: which ones we have somewhere, and what each one missing would stop (facts 4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from eal_jira.hookspecs import Check
from eal_tracker_jira.answers import BrokenAnswer
from eal_tracker_jira.site import Site


@dataclass(frozen=True, slots=True)
class Right:
    """A permission by Jira's key, and what can't be done without it."""

    key: str
    without: str
    #: False: only something small is missing without it
    needed: bool = True


BROWSE = Right("BROWSE_PROJECTS", "its issues can't be read")
EDIT = Right("EDIT_ISSUES", "its issues can get neither label nor property")
COMMENT = Right("ADD_COMMENTS", "nothing can be said on its issues")
CREATE = Right("CREATE_ISSUES", "no proposal, experiment or retro can be made there")
TRANSITION = Right("TRANSITION_ISSUES", "a ticket made twice can't be closed for you", needed=False)
LINK = Right("LINK_ISSUES", "tickets can't be linked to each other", needed=False)
ATTACH = Right("CREATE_ATTACHMENTS", "proposals have no picture", needed=False)
DETACH = Right("DELETE_OWN_ATTACHMENTS", "an older picture stays beside the newer one", needed=False)

TEAM = (BROWSE, EDIT)
LEARNING = (BROWSE, CREATE, EDIT, COMMENT, TRANSITION, LINK, ATTACH, DETACH)

QUIET, ALMIGHTY = "ADMINISTER_PROJECTS", "ADMINISTER"
"""The first lets us edit without mail to anybody (facts 5.1); the second is more than anything we do needs."""

_ASKED = ",".join([*dict.fromkeys(right.key for right in (*TEAM, *LEARNING)), QUIET, ALMIGHTY])


def granted(site: Site, **place: str) -> frozenset[str]:
    """Keys of the permissions that we have in a place: ``projectKey`` or ``issueId``. Raises `Gone`."""
    answer = site.gateway.get("mypermissions", permissions=_ASKED, **place)
    shown = answer.get("permissions") if isinstance(answer, dict) else None
    if not isinstance(shown, dict):
        raise BrokenAnswer("Jira's answer names no permissions.", remedy="Run doctor again.")
    return frozenset(key for key, told in shown.items() if isinstance(told, dict) and told.get("havePermission"))


def look_at_rights(name: str, have: frozenset[str], rights: tuple[Right, ...]) -> Iterator[Check]:
    """One finding for all that is there, one for each that isn't."""
    missing = [right for right in rights if right.key not in have]
    for right in missing:
        colour = Check.red if right.needed else Check.yellow
        yield colour(
            name,
            f"Our account lacks {right.key}: {right.without}.",
            f"Give the account {right.key} in the project's permission scheme.",
        )
    if not missing:
        mail = "edits send no mail" if QUIET in have else f"whoever watches an issue may get mail (no {QUIET})"
        yield Check.green(name, f"{', '.join(right.key for right in rights)}; {mail}.")


def look_at_copies(site: Site, have: frozenset[str]) -> Iterator[Check]:
    """Whether we may keep in the tracker which installation writes (`installations`)."""
    if site.is_cloud or QUIET in have:
        yield Check.green("copies", "A second eal-jira with a copy of this database would be noticed, and stopped.")
    else:
        yield Check.green(
            "copies", f"A second eal-jira with a copy of this database would not be noticed (no {QUIET})."
        )


def look_at_might(have: frozenset[str]) -> Iterator[Check]:
    if ALMIGHTY in have:
        yield Check.yellow(
            "account",
            "It administers the whole site, which nothing we do needs: whoever finds the token could do anything.",
            "Use an account that has a role in these projects and is no administrator.",
        )
