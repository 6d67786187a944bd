"""Every path of the wiki, by flavour: method, path, handler, version of the interface."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from eal_jira.sandbox.flavour import Flavour
from eal_jira.sandbox.rest.answers import Answer
from eal_jira.sandbox.rest.call import Call
from eal_jira.sandbox.wiki import cloud, datacenter
from eal_jira.sandbox.wiki.calls import handled

Handler = Callable[[Call], Answer]

_V2: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "spaces", cloud.spaces),
    ("GET", "pages", cloud.pages),
    ("POST", "pages", cloud.create_page),
    ("GET", "pages/{id}", cloud.page),
    ("PUT", "pages/{id}", cloud.update_page),
    ("GET", "pages/{id}/operations", cloud.operations),
    ("GET", "pages/{id}/properties", cloud.properties),
    ("POST", "pages/{id}/properties", cloud.create_property),
    ("PUT", "pages/{id}/properties/{property}", cloud.update_property),
    ("GET", "pages/{id}/attachments", cloud.attachments),
)

_V1: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "user/current", cloud.current_user),
    ("PUT", "content/{id}/child/attachment", cloud.put_attachment),
    ("POST", "content/{id}/child/attachment", cloud.post_attachment),
)

_DATACENTER: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "user/current", datacenter.current_user),
    ("GET", "space/{space}", datacenter.space),
    ("GET", "content", datacenter.contents),
    ("POST", "content", datacenter.create_content),
    ("GET", "content/{id}", datacenter.content),
    ("PUT", "content/{id}", datacenter.update_content),
    ("POST", "content/{id}/property", datacenter.create_property),
    ("GET", "content/{id}/property/{key}", datacenter.get_property),
    ("PUT", "content/{id}/property/{key}", datacenter.update_property),
    ("GET", "content/{id}/child/attachment", datacenter.attachments),
    ("POST", "content/{id}/child/attachment", datacenter.add_attachment),
    ("POST", "content/{id}/child/attachment/{file}/data", datacenter.replace_attachment),
)


def wiki_endpoints(flavour: Flavour) -> Iterator[tuple[str, str, Handler, str]]:
    groups = (
        ((_V2, "/wiki/api/v2/", "v2"), (_V1, "/wiki/rest/api/", "v1"))
        if flavour == "cloud"
        else ((_DATACENTER, "/confluence/rest/api/", "v1"),)
    )
    for paths, root, version in groups:
        for method, path, handler in paths:
            yield method, root + path, handled(handler), version
