"""REST: finding and reading issues in bulk (facts/jira.md 1.1 to 1.4, 1.6)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import replace

from eal_jira.sandbox.jql.search import UNBOUNDED
from eal_jira.sandbox.plainjson import dumps
from eal_jira.sandbox.rest import reading
from eal_jira.sandbox.rest.answers import Answer, Refusal, json_answer, raw_answer
from eal_jira.sandbox.rest.call import Call
from eal_jira.sandbox.rest.selection import Selection
from eal_jira.sandbox.state import Issue, Json

REMOVED = (
    "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. "
    "A full migration guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046"
)


def removed(_call: Call) -> Answer:
    raise Refusal(410, REMOVED)


def search_jql(call: Call) -> Answer:
    """Pages by token, without a total; a page may be shorter than asked for (facts 1.1)."""
    given = _arguments(call, lists=("fields", "properties", "reconcileIssues"))
    limits = call.site.limits
    jql = reading.text(given, "jql")
    size = reading.whole(given, "maxResults", 50)
    if not 1 <= size <= limits.search_page:
        raise Refusal(400, f"The maxResults value must be between 1 and {limits.search_page}.")
    properties = reading.strings(given, "properties")
    if len(properties) > limits.properties_per_read:
        raise Refusal(400, f"At most {limits.properties_per_read} issue properties can be requested.")
    fresh = reading.strings(given, "reconcileIssues")
    if len(fresh) > limits.reconcile_ids or not all(i.isdecimal() for i in fresh):
        raise Refusal(400, f"reconcileIssues takes at most {limits.reconcile_ids} numeric ids.")
    fields = Selection(reading.strings(given, "fields"), "id")
    expand = _expand(given)
    if not fields.none or properties or expand:
        size = min(size, limits.search_page_with_fields)
    size = size if limits.search_rows is None else min(size, limits.search_rows)
    issues, token = call.site.search.token_page(
        jql, call.account, reading.maybe_text(given, "nextPageToken"), size, [int(i) for i in fresh]
    )
    bare = fields.id_only and not properties and not expand
    texts = _issue_texts(call, issues, fields, expand, properties, bare=bare)
    tail = [f'"isLast":{"false" if token else "true"}']
    if token:
        tail.append(f'"nextPageToken":"{token}"')
    tail += _words(call, fields, expand)
    return raw_answer(f'{{"issues":[{",".join(texts)}],{",".join(tail)}}}')


def approximate_count(call: Call) -> Answer:
    """As stale as search (facts 1.1)."""
    jql = reading.text(call.json, "jql")
    if call.site.search.parsed(jql).where is None:
        raise Refusal(400, UNBOUNDED)
    return json_answer({"count": len(call.site.search.find(jql, call.account).issues)})


def bulk_fetch(call: Call) -> Answer:
    """By id or key, old ones too; ascending by id; what can't be seen is absent (facts 1.3)."""
    limits = call.site.limits
    wanted = reading.strings(call.json, "issueIdsOrKeys")
    if not wanted:
        raise Refusal(400, "issueIdsOrKeys must not be empty.")
    if len(wanted) > limits.bulkfetch:
        raise Refusal(400, f"Only {limits.bulkfetch} issues can be requested at once.")
    properties = reading.strings(call.json, "properties")
    if len(properties) > limits.properties_per_read:
        raise Refusal(400, f"At most {limits.properties_per_read} issue properties can be requested.")
    found = {issue.id: issue for each in wanted if (issue := call.visible(each))}
    issues = [found[i] for i in sorted(found)]
    fields = Selection(reading.strings(call.json, "fields"), "*navigable")
    expand = _expand(call.json)
    texts = _issue_texts(call, issues, fields, expand, properties)
    tail = ['"issueErrors":[]', *_words(call, fields, expand)]
    return raw_answer(f'{{"issues":[{",".join(texts)}],{",".join(tail)}}}')


def bulk_changelog(call: Call) -> Answer:
    """Histories of many issues, oldest first over all of them, so one issue's can be split over pages (facts 1.4)."""
    limits = call.site.limits
    wanted = reading.strings(call.json, "issueIdsOrKeys")
    if not 1 <= len(wanted) <= limits.changelog_bulkfetch:
        raise Refusal(400, f"issueIdsOrKeys takes 1 to {limits.changelog_bulkfetch} issues.")
    field_ids = frozenset(reading.strings(call.json, "fieldIds"))
    if len(field_ids) > 10:
        raise Refusal(400, "fieldIds takes at most 10 fields.")
    size = reading.whole(call.json, "maxResults", 1000)
    if not 1 <= size <= limits.changelog_bulk_page:
        raise Refusal(400, f"maxResults must be between 1 and {limits.changelog_bulk_page}.")
    issues = {issue.id: issue for each in wanted if (issue := call.visible(each))}
    entries = [
        (history.created.timestamp(), issue.id, history.id, place)
        for issue in issues.values()
        for place, history in enumerate(issue.histories)
        if not field_ids or any(item.get("fieldId") in field_ids for item in history.items)
    ]
    entries.sort()
    token = reading.maybe_text(call.json, "nextPageToken")
    first = bisect_right(entries, (*_place(token), len(entries))) if token else 0
    page: dict[int, list[str]] = {}
    for _, issue_id, _, place in entries[first : first + size]:
        page.setdefault(issue_id, []).append(_bulk_history(call, issues[issue_id], place, field_ids))
    logs = [f'{{"issueId":"{issue_id}","changeHistories":[{",".join(texts)}]}}' for issue_id, texts in page.items()]
    tail = ""
    if len(entries) > first + size:
        tail = ',"nextPageToken":"{!r}_{}_{}"'.format(*entries[first + size - 1])
    return raw_answer(f'{{"issueChangeLogs":[{",".join(logs)}]{tail}}}')


def _bulk_history(call: Call, issue: Issue, place: int, field_ids: frozenset[str]) -> str:
    form = call.site.bulk_changelog_time
    if form == "iso" and not field_ids:
        return call.present.history_texts(issue)[place]
    history = issue.histories[place]
    if field_ids:
        history = replace(history, items=[i for i in history.items if i.get("fieldId") in field_ids])
    since = history.created.timestamp()
    created = {"iso": None, "seconds": int(since), "milliseconds": round(since * 1000)}[form]
    return call.present.history_text(history, created)


def _place(token: str) -> tuple[float, int, int]:
    try:
        created, issue_id, history_id = token.split("_")
        return float(created), int(issue_id), int(history_id)
    except ValueError:
        raise Refusal(400, "The provided next page token is invalid.") from None


def search_offset(call: Call) -> Answer:
    """Data Center's search by offset: rows that move between two pages are met twice or missed (facts 1.6)."""
    given = _arguments(call, lists=("fields", "expand"))
    jql = reading.maybe_text(given, "jql") or ""
    start = max(0, reading.whole(given, "startAt", 0))
    limits = call.site.limits
    size = min(max(0, reading.whole(given, "maxResults", 50)), limits.dc_search_page)
    size = size if limits.search_rows is None else min(size, limits.search_rows)
    strict = str(given.get("validateQuery", True)).lower() not in ("false", "none", "warn")
    found = call.site.search.find(jql, call.account, strict=strict)
    fields = Selection(reading.strings(given, "fields"), "*navigable")
    expand = _expand(given)
    texts = _issue_texts(call, found.issues[start : start + size], fields, expand, ())
    tail = _words(call, fields, expand)
    if found.warnings:
        tail.append(f'"warningMessages":{dumps(list(found.warnings))}')
    head = f'"expand":"schema,names","startAt":{start},"maxResults":{size},"total":{len(found.issues)}'
    return raw_answer("{" + ",".join([head, f'"issues":[{",".join(texts)}]', *tail]) + "}")


# --- shared ---------------------------------------------------------------------------------------------------


def _issue_texts(
    call: Call,
    issues: Iterable[Issue],
    fields: Selection,
    expand: Iterable[str],
    properties: Iterable[str],
    *,
    bare: bool = False,
) -> list[str]:
    inside = [name for name in expand if name in ("changelog",)]
    return [
        call.present.issue_text(issue, fields=fields, expand=inside, properties=tuple(properties), key=not bare)
        for issue in issues
    ]


def _words(call: Call, fields: Selection, expand: Iterable[str]) -> list[str]:
    """`names` and `schema`, once for the whole answer."""
    chosen = fields.of(call.site.fields.by_id) if not fields.none else []
    parts = []
    if "names" in expand:
        parts.append(f'"names":{dumps({f.id: f.name for f in chosen})}')
    if "schema" in expand:
        parts.append(f'"schema":{dumps({f.id: f.schema for f in chosen})}')
    return parts


def _arguments(call: Call, lists: tuple[str, ...]) -> dict[str, Json]:
    """The arguments of a search, from the body of a POST or the query of a GET."""
    if call.method == "POST":
        return dict(call.json)
    given: dict[str, Json] = dict(call.query)
    for name in lists:
        if name in given:
            given[name] = call.words(name)
    return given


def _expand(given: Json) -> tuple[str, ...]:
    """One comma-separated string in searches, a list in bulkfetch."""
    value = given.get("expand") or ""
    parts = value if isinstance(value, list) else [value]
    return tuple(name.strip() for part in parts for name in str(part).split(",") if name.strip())
