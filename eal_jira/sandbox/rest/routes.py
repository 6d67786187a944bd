"""Every path that the sandbox answers, by flavour."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from eal_jira.sandbox.flavour import Flavour
from eal_jira.sandbox.rest import attachments, boards, comments, issue, properties, remotelinks, search, words, worklogs
from eal_jira.sandbox.rest.answers import Answer
from eal_jira.sandbox.rest.call import Call
from eal_jira.sandbox.wiki.routes import wiki_endpoints

Handler = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Endpoint:
    method: str
    path: str
    handler: Handler
    #: the REST version of the path, "2" outside /rest/api; "v1" or "v2" of the wiki
    version: str


_BOTH: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "serverInfo", words.server_info),
    ("GET", "myself", words.myself),
    ("GET", "user", words.user),
    ("GET", "user/properties/{key}", properties.of_user),
    ("PUT", "user/properties/{key}", properties.set_of_user),
    ("DELETE", "user/properties/{key}", properties.delete_of_user),
    ("GET", "group/member", words.group_members),
    ("GET", "mypermissions", words.my_permissions),
    ("GET", "field", words.fields),
    ("GET", "status", words.statuses),
    ("GET", "status/{status}", words.status),
    ("GET", "statuscategory", words.status_categories),
    ("GET", "issuetype", words.issue_types),
    ("GET", "priority", words.priorities),
    ("GET", "resolution", words.resolutions),
    ("GET", "issueLinkType", words.link_types),
    ("GET", "project", words.projects),
    ("GET", "project/{project}", words.project),
    ("GET", "project/{project}/statuses", words.project_statuses),
    ("GET", "project/{project}/properties/{key}", properties.of_project),
    ("PUT", "project/{project}/properties/{key}", properties.set_of_project),
    ("DELETE", "project/{project}/properties/{key}", properties.delete_of_project),
    ("GET", "issue/createmeta/{project}/issuetypes", words.create_types),
    ("GET", "issue/createmeta/{project}/issuetypes/{type}", words.create_fields),
    ("POST", "issue", issue.create),
    ("POST", "issue/bulk", issue.create_bulk),
    ("POST", "issueLink", issue.link),
    ("GET", "issue/{issue}", issue.get),
    ("PUT", "issue/{issue}", issue.edit),
    ("DELETE", "issue/{issue}", issue.delete),
    ("GET", "issue/{issue}/editmeta", issue.edit_meta),
    ("GET", "issue/{issue}/transitions", issue.transitions),
    ("POST", "issue/{issue}/transitions", issue.do_transition),
    ("GET", "issue/{issue}/properties", issue.properties),
    ("GET", "issue/{issue}/properties/{key}", issue.get_property),
    ("PUT", "issue/{issue}/properties/{key}", issue.set_property),
    ("DELETE", "issue/{issue}/properties/{key}", issue.delete_property),
    ("POST", "issue/{issue}/attachments", attachments.add),
    ("DELETE", "attachment/{attachment}", attachments.delete),
    ("GET", "issue/{issue}/remotelink", remotelinks.remote_links),
    ("POST", "issue/{issue}/remotelink", remotelinks.save),
    ("DELETE", "issue/{issue}/remotelink", remotelinks.delete_by_global_id),
    ("GET", "issue/{issue}/remotelink/{link}", remotelinks.remote_link),
    ("PUT", "issue/{issue}/remotelink/{link}", remotelinks.replace),
    ("DELETE", "issue/{issue}/remotelink/{link}", remotelinks.delete),
    ("GET", "issue/{issue}/comment", comments.comments),
    ("POST", "issue/{issue}/comment", comments.add),
    ("GET", "issue/{issue}/comment/{comment}", comments.comment),
    ("PUT", "issue/{issue}/comment/{comment}", comments.edit),
    ("DELETE", "issue/{issue}/comment/{comment}", comments.delete),
    ("GET", "comment/{comment}/properties", comments.properties),
    ("GET", "comment/{comment}/properties/{key}", comments.get_property),
    ("PUT", "comment/{comment}/properties/{key}", comments.set_property),
    ("GET", "issue/{issue}/worklog", worklogs.worklogs),
    ("POST", "issue/{issue}/worklog", worklogs.add),
    ("GET", "issue/{issue}/worklog/{worklog}", worklogs.worklog),
    ("PUT", "issue/{issue}/worklog/{worklog}", worklogs.edit),
    ("DELETE", "issue/{issue}/worklog/{worklog}", worklogs.delete),
    ("GET", "worklog/updated", worklogs.updated),
    ("GET", "worklog/deleted", worklogs.deleted),
    ("POST", "worklog/list", worklogs.by_ids),
    ("GET", "filter/{filter}", boards.filter_),
)

_CLOUD: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "project/search", words.project_search),
    ("GET", "statuses", words.statuses_by_id),
    ("GET", "statuses/search", words.statuses_search),
    ("POST", "permissions/check", words.check_permissions),
    ("GET", "search", search.removed),
    ("POST", "search", search.removed),
    ("GET", "search/jql", search.search_jql),
    ("POST", "search/jql", search.search_jql),
    ("POST", "search/approximate-count", search.approximate_count),
    ("POST", "issue/bulkfetch", search.bulk_fetch),
    ("POST", "changelog/bulkfetch", search.bulk_changelog),
    ("POST", "comment/list", comments.comment_list),
    ("GET", "issue/{issue}/changelog", issue.changelog),
)

_DATACENTER: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "search", search.search_offset),
    ("POST", "search", search.search_offset),
)

_AGILE: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "board", boards.boards),
    ("GET", "board/{board}", boards.board),
    ("GET", "board/{board}/configuration", boards.configuration),
    ("GET", "board/{board}/sprint", boards.sprints),
    ("GET", "sprint/{sprint}", boards.sprint),
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
    for method, path, handler, version in wiki_endpoints(flavour):
        yield Endpoint(method, path, handler, version)
    if flavour == "cloud":
        yield Endpoint("GET", "/_edge/tenant_info", words.tenant_info, "3")
