"""Who is in a group: asked when somebody listed by group decides.

Cloud shows a group's members to accounts with the global permission "Browse users and groups", Data Center to its
administrators; to others a group that exists looks like none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from eal_jira.errors import Gone, NotAllowed
from eal_jira.hookspecs import Check
from eal_tracker_jira.answers import rows
from eal_tracker_jira.fields import account
from eal_tracker_jira.site import Site

PAGE = 50


def group_members(site: Site, group: str) -> frozenset[str]:
    """Account ids of the active members. Raises `NotAllowed` where we are shown no such group."""
    found: set[str] = set()
    start = 0
    while True:
        try:
            page = site.gateway.get("group/member", groupname=group, startAt=start, maxResults=PAGE)
        except (Gone, NotAllowed):
            raise NotAllowed(
                f"There is no group {group!r}, or our account may not see its members.",
                refused="Whoever is listed by it decides nothing.",
                remedy=f"Check the name, give our account {_right(site)}, or list the approvers by account id.",
            ) from None
        listed = rows(page, "values")
        found |= {person for each in listed if (person := account(each)) is not None}
        start += len(listed)
        if not listed or page.get("isLast"):
            return frozenset(found)


def look_at_groups(site: Site, groups: Sequence[str]) -> Iterator[Check]:
    """Whether each of these groups of approvers can be read and has anybody in it; who it is, is not said."""
    for group in groups:
        name = f"group {group}"
        try:
            members = group_members(site, group)
        except NotAllowed as error:
            yield Check.of_error(name, error)
            continue
        if members:
            yield Check.green(name, f"{len(members)} members decide.")
        else:
            yield Check.red(
                name, "Nobody is in it, so nobody decides.", "Add the approvers to it, or name another one."
            )


def _right(site: Site) -> str:
    return "the global permission to browse users and groups" if site.is_cloud else "the right to administer Jira"
