"""What `eal-jira doctor` looks at: who we are there, the space, and the page above ours. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterator

from eal_jira.errors import Gone
from eal_jira.hookspecs import Check
from eal_pages_confluence.acts import Acts
from eal_pages_confluence.options import Options


def look(name: str, acts: Acts, options: Options) -> Iterator[Check]:
    # by id alone: names and addresses of people stay out of what gets pasted into tickets
    yield Check.green(name, f"Confluence knows us as {acts.whoami()}.")
    home = acts.home()
    above = options.parent or home
    try:
        title = acts.read(above).title
    except Gone:
        yield Check.red(
            name,
            f"The page {above}, under which ours are to be made, can't be seen.",
            "Check pages.confluence.parent, and give the account the right to view that page.",
        )
        return
    if acts.may_edit(above):
        yield Check.green(name, f"Pages go into the space {options.space}, under “{title}”.")
    else:
        yield Check.red(
            name,
            f"Our account may not edit “{title}” in the space {options.space}, where each page of ours is noted.",
            "Give the account the right to add and edit pages there, or name a page of its own: parent.",
        )
