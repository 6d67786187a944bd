"""REST: worklogs of an issue, and of the whole site by the time of their change (facts/jira.md 1.5)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from eal_jira.sandbox.rest import reading
from eal_jira.sandbox.rest.answers import Answer, Refusal, json_answer, nothing
from eal_jira.sandbox.rest.call import Call
from eal_jira.sandbox.rest.comments import read_text
from eal_jira.sandbox.state import Issue, Json, Worklog

_ALL = 5000
_CHANGED = 1000
_LONGEST = 10**9


def worklogs(call: Call) -> Answer:
    """Cloud pages, Data Center gives all (facts 1.5)."""
    issue = call.issue()
    found = issue.worklogs
    if call.cloud:
        after, before = (_from_ms(call, name) for name in ("startedAfter", "startedBefore"))
        found = [w for w in found if (after is None or w.started >= after) and (before is None or w.started < before)]
    most = _ALL if call.cloud else max(len(found), 1)
    start, size = call.page(most, most) if call.cloud else (0, most)
    shown = [call.present.worklog(issue, w) for w in found[start : start + size]]
    return json_answer({"startAt": start, "maxResults": size, "total": len(found), "worklogs": shown})


def worklog(call: Call) -> Answer:
    issue = call.issue()
    return json_answer(call.present.worklog(issue, _find(call, issue)))


def add(call: Call) -> Answer:
    issue = call.issue("WORK_ON_ISSUES")
    seconds, started = _spent(call, 0), _started(call, call.site.clock.now())
    text = read_text(call, issue, call.json.get("comment"))
    return json_answer(call.present.worklog(issue, call.write.worklog(issue, seconds, started, text)), 201)


def edit(call: Call) -> Answer:
    """What is not given stays as it is."""
    issue = call.issue("WORK_ON_ISSUES")
    found = _find(call, issue)
    seconds, started = _spent(call, found.seconds), _started(call, found.started)
    text = read_text(call, issue, call.json["comment"]) if "comment" in call.json else found.comment
    call.write.edit_worklog(issue, found, seconds, started, text)
    return json_answer(call.present.worklog(issue, found))


def delete(call: Call) -> Answer:
    issue = call.issue("WORK_ON_ISSUES")
    call.write.delete_worklog(issue, _find(call, issue))
    return nothing()


def _find(call: Call, issue: Issue) -> Worklog:
    found = next((w for w in issue.worklogs if str(w.id) == call.params["worklog"]), None)
    if found is None:
        raise Refusal(404, f"Cannot find worklog with id: '{call.params['worklog']}'.")
    return found


def _spent(call: Call, otherwise: int) -> int:
    seconds = reading.whole(call.json, "timeSpentSeconds", otherwise)
    if not 0 < seconds < _LONGEST:
        raise Refusal(400, errors={"timeLogged": "You must indicate the time spent working."})
    return seconds


def _started(call: Call, otherwise: datetime) -> datetime:
    if not call.json.get("started"):
        return otherwise
    try:
        return datetime.fromisoformat(call.json["started"]).astimezone(UTC)
    except (TypeError, ValueError):
        raise Refusal(400, errors={"started": "The date is invalid."}) from None


def updated(call: Call) -> Answer:
    """Changed since a moment in milliseconds, oldest first, 1,000 a page, without the last minute."""
    return _changed(call, ((w.updated, w.id) for _, w in _seen(call)), "updated")


def deleted(call: Call) -> Answer:
    return _changed(call, ((at, number) for number, at in call.site.deleted_worklogs.items()), "deleted")


def by_ids(call: Call) -> Answer:
    wanted = reading.numbers(call.json, "ids", _CHANGED)
    return json_answer([call.present.worklog(i, w) for i, w in _seen(call) if w.id in wanted])


def _seen(call: Call) -> Iterable[tuple[Issue, Worklog]]:
    for issue in call.site.issues.values():
        if issue.worklogs and call.site.sees(call.account, issue):
            yield from ((issue, w) for w in issue.worklogs)


def _changed(call: Call, changes: Iterable[tuple[datetime, int]], word: str) -> Answer:
    since = call.number("since", 0)
    latest = call.site.clock.now() - timedelta(minutes=1)
    found = sorted((_ms(at), number) for at, number in changes if _ms(at) >= since and at <= latest)
    shown = found[:_CHANGED]
    path = f"{call.present.api}/worklog/{word}"
    until = shown[-1][0] if shown else _ms(latest)
    page: dict[str, Json] = {
        "values": [{"worklogId": number, "updatedTime": at, "properties": []} for at, number in shown],
        "since": since,
        "until": until,
        "self": f"{path}?since={since}",
        "lastPage": len(found) <= _CHANGED,
    }
    if not call.cloud:
        for entry in page["values"]:
            del entry["properties"]
    if not page["lastPage"]:
        page["nextPage"] = f"{path}?since={until}"
    return json_answer(page)


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _from_ms(call: Call, name: str) -> datetime | None:
    number = call.number(name, -1)
    try:
        return None if number < 0 else datetime.fromtimestamp(number / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        raise Refusal(400, f"{number} is no time in milliseconds for the parameter '{name}'.") from None
