"""Confluence Cloud and Confluence Data Center as a place for pages: the adapter called "confluence".

    [pages.confluence]
    url = "https://example.atlassian.net/wiki"    # as people open it; Data Center: wherever it is
    user = "eal-bot@example.com"                  # Data Center: leave it out, the token is a personal access token
    token = { env = "EAL_CONFLUENCE_TOKEN" }
    space = "TEAM"
    parent = "123456"                             # id of the page above ours; left out: the space's homepage

    options   the table of the config
    wire      the one way on which every request leaves, with its retries; what an answer means
    cloud, datacenter    the same few acts in two interfaces (facts 8.3, 8.4)
    body      a page's body in the storage format: what is ours in it, and what people wrote
    merge     theirs kept, ours made anew
    site      the Pages itself
    doctor    what `eal-jira doctor` looks at

The facts behind the comments ("facts 8.3") are those of the project's fact sheet on Jira's and Confluence's interfaces.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from eal_jira.hookspecs import AdapterInfo, Pages, Patience, hookimpl

NAME = "confluence"


@hookimpl
def eal_adapter_info() -> AdapterInfo:
    return AdapterInfo(NAME, "pages", "Confluence Cloud and Confluence Data Center, told apart by asking the site")


@hookimpl
def eal_pages(
    name: str, options: Mapping[str, object], secret: Callable[[], str] | None, patience: Patience
) -> Pages | None:
    if name != NAME:
        return None
    # imported here: commands that put no page should not wait for an HTTP stack
    from eal_pages_confluence.options import read_options
    from eal_pages_confluence.site import Confluence

    return Confluence(read_options(options, secret), patience)
