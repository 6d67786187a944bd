"""The numbers that Jira imposes; the section of facts/jira.md stands beside each. A test may lower them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Limits:
    #: histories in `expand=changelog` on Cloud, newest first (1.4)
    expanded_changelog: int = 40
    #: entries of the embedded `worklog` field (1.5)
    embedded_worklogs: int = 20
    #: entries of the embedded `comment` field on Cloud; Data Center embeds all (1.5)
    embedded_comments: int = 100
    #: `maxResults` of search/jql: the highest that is accepted, and what is given when only id or key are asked (1.1)
    search_page: int = 5000
    #: what search/jql gives with any other field, whatever was asked (1.1, not documented)
    search_page_with_fields: int = 100
    #: rows that any search gives at most, whatever was asked and is allowed; None: no fewer (1.1, 1.6)
    search_rows: int | None = None
    #: how long a `nextPageToken` lives, in days (1.1)
    token_days: int = 7
    #: ids per issue/bulkfetch (1.3)
    bulkfetch: int = 100
    #: ids per changelog/bulkfetch, and histories per page (1.4)
    changelog_bulkfetch: int = 1000
    changelog_bulk_page: int = 10_000
    #: page of issue/{key}/changelog (1.4)
    changelog_page: int = 100
    #: `jira.search.views.default.max` of Data Center (1.6)
    dc_search_page: int = 1000
    #: issue properties per read request (1.1)
    properties_per_read: int = 5
    reconcile_ids: int = 50
    order_by_fields: int = 7
    #: characters of a summary; of a long text, ADF counted as compact JSON (8.1); of a label (5.1)
    summary: int = 255
    text: int = 32_767
    label: int = 255
    #: issue properties: key and compact JSON value, in characters (5.2)
    property_key: int = 255
    property_value: int = 32_768
    #: comments by id in one request (1.5)
    comment_list: int = 1000
    #: comments per issue; more are refused with 413 (5.6)
    comments_per_issue: int = 5000
    links_per_issue: int = 2000
    #: bytes of one file, and files of one request on Cloud (5.6)
    attachment: int = 10 * 1024 * 1024
    attachments_per_request: int = 60
    #: global id of a remote link (5.6)
    global_id: int = 255
    #: creates in one issue/bulk (5.5)
    bulk_create: int = 50
    #: failed basic logins of one user before the CAPTCHA (4; "several")
    failed_logins: int = 5
