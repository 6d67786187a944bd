"""Every path that the sandbox answers, by flavour."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from eal_jira.sandbox import rest_agile, rest_comments, rest_issue, rest_search, rest_site
from eal_jira.sandbox.answers import Answer
from eal_jira.sandbox.call import Call
from eal_jira.sandbox.flavour import Flavour

Handler = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Endpoint:
    method: str
    path: str
    handler: Handler
    #: the REST version of the path, "2" outside /rest/api
    version: str


_BOTH: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "serverInfo", rest_site.server_info),
    ("GET", "myself", rest_site.myself),
    ("GET", "user", rest_site.user),
    ("GET", "group/member", rest_site.group_members),
    ("GET", "mypermissions", rest_site.my_permissions),
    ("GET", "field", rest_site.fields),
    ("GET", "status", rest_site.statuses),
    ("GET", "status/{status}", rest_site.status),
    ("GET", "statuscategory", rest_site.status_categories),
    ("GET", "issuetype", rest_site.issue_types),
    ("GET", "priority", rest_site.priorities),
    ("GET", "resolution", rest_site.resolutions),
    ("GET", "issueLinkType", rest_site.link_types),
    ("GET", "project", rest_site.projects),
    ("GET", "project/{project}", rest_site.project),
    ("GET", "project/{project}/statuses", rest_site.project_statuses),
    ("GET", "issue/createmeta/{project}/issuetypes", rest_site.create_types),
    ("GET", "issue/createmeta/{project}/issuetypes/{type}", rest_site.create_fields),
    ("POST", "issue", rest_issue.create),
    ("POST", "issue/bulk", rest_issue.create_bulk),
    ("POST", "issueLink", rest_issue.link),
    ("GET", "issue/{issue}", rest_issue.get),
    ("PUT", "issue/{issue}", rest_issue.edit),
    ("DELETE", "issue/{issue}", rest_issue.delete),
    ("GET", "issue/{issue}/editmeta", rest_issue.edit_meta),
    ("GET", "issue/{issue}/transitions", rest_issue.transitions),
    ("POST", "issue/{issue}/transitions", rest_issue.do_transition),
    ("GET", "issue/{issue}/properties", rest_issue.properties),
    ("GET", "issue/{issue}/properties/{key}", rest_issue.get_property),
    ("PUT", "issue/{issue}/properties/{key}", rest_issue.set_property),
    ("DELETE", "issue/{issue}/properties/{key}", rest_issue.delete_property),
    ("GET", "issue/{issue}/remotelink", rest_issue.remote_links),
    ("POST", "issue/{issue}/remotelink", rest_issue.set_remote_link),
    ("GET", "issue/{issue}/comment", rest_comments.comments),
    ("POST", "issue/{issue}/comment", rest_comments.add),
    ("GET", "issue/{issue}/comment/{comment}", rest_comments.comment),
    ("PUT", "issue/{issue}/comment/{comment}", rest_comments.edit),
    ("DELETE", "issue/{issue}/comment/{comment}", rest_comments.delete),
    ("GET", "comment/{comment}/properties", rest_comments.properties),
    ("GET", "comment/{comment}/properties/{key}", rest_comments.get_property),
    ("PUT", "comment/{comment}/properties/{key}", rest_comments.set_property),
    ("GET", "issue/{issue}/worklog", rest_comments.worklogs),
    ("POST", "issue/{issue}/worklog", rest_comments.add_worklog),
    ("GET", "filter/{filter}", rest_agile.filter_),
)

_CLOUD: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "project/search", rest_site.project_search),
    ("GET", "search", rest_search.removed),
    ("POST", "search", rest_search.removed),
    ("GET", "search/jql", rest_search.search_jql),
    ("POST", "search/jql", rest_search.search_jql),
    ("POST", "search/approximate-count", rest_search.approximate_count),
    ("POST", "issue/bulkfetch", rest_search.bulk_fetch),
    ("POST", "changelog/bulkfetch", rest_search.bulk_changelog),
    ("POST", "comment/list", rest_comments.comment_list),
    ("GET", "issue/{issue}/changelog", rest_issue.changelog),
)

_DATACENTER: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "search", rest_search.search_offset),
    ("POST", "search", rest_search.search_offset),
)

_AGILE: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "board", rest_agile.boards),
    ("GET", "board/{board}", rest_agile.board),
    ("GET", "board/{board}/configuration", rest_agile.configuration),
    ("GET", "board/{board}/sprint", rest_agile.sprints),
    ("GET", "sprint/{sprint}", rest_agile.sprint),
)

_VERSIONS = {"cloud": (("2", "2"), ("3", "3"), ("latest", "3")), "datacenter": (("2", "2"), ("latest", "2"))}


def endpoints(flavour: Flavour) -> Iterator[Endpoint]:
    """Fixed paths come before those with a placeholder in the same place."""
    own = _CLOUD if flavour == "cloud" else _DATACENTER
    for word, version in _VERSIONS[flavour]:
        for method, path, handler in (*own, *_BOTH):
            yield Endpoint(method, f"/rest/api/{word}/{path}", handler, version)
    for method, path, handler in _AGILE:
        yield Endpoint(method, f"/rest/agile/1.0/{path}", handler, "2")
    if flavour == "cloud":
        yield Endpoint("GET", "/_edge/tenant_info", rest_site.tenant_info, "3")
