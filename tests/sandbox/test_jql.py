"""JQL: what is written is what is read, and what is found is what a plain reading of the query finds."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eal_jira.sandbox import Create, Move, Person, Site
from eal_jira.sandbox.jql.moments import duration, literal_moment
from eal_jira.sandbox.jql.syntax import (
    RESERVED,
    And,
    Clause,
    Empty,
    Function,
    JqlError,
    Literal,
    Not,
    Or,
    Query,
    Term,
    parse,
)
from eal_jira.sandbox.state import Issue
from tests.sandbox.support import START, small_site

calm = settings(deadline=None, max_examples=200)

# --- reading ------------------------------------------------------------------------------------------------------


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def written(term: Term | Query) -> str:
    """A tree as JQL, with all brackets."""
    if isinstance(term, Query):
        where = written(term.where) if term.where else ""
        order = ", ".join(f"{quoted(f)} {'ASC' if up else 'DESC'}" for f, up in term.order)
        return where + (f" ORDER BY {order}" if order else "")
    if isinstance(term, Not):
        return f"NOT ({written(term.term)})"
    if isinstance(term, And | Or):
        return f" {'AND' if isinstance(term, And) else 'OR'} ".join(f"({written(t)})" for t in term.terms)
    operands = [operand(o) for o in term.operands]
    words = {"in": "IN", "not_in": "not in", "is": "IS", "is_not": "is NOT"}.get(term.operator, term.operator)
    value = f"({', '.join(operands)})" if term.operator in ("in", "not_in") else operands[0]
    return f"{quoted(term.field)} {words} {value}"


def operand(value: Any) -> str:
    if isinstance(value, Empty):
        return "EMPTY"
    if isinstance(value, Function):
        return f"{value.name}({', '.join(map(quoted, value.arguments))})"
    return quoted(value.text) if value.quoted else value.text


bare = st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,8}", fullmatch=True).filter(lambda w: w.lower() not in RESERVED)
literals = st.builds(Literal, st.text(max_size=8), st.just(True)) | st.builds(Literal, bare)
functions = st.builds(Function, bare, st.lists(st.text(max_size=4), max_size=2).map(tuple))
one = literals | functions | st.just(Empty())
signs = st.sampled_from(["=", "!=", "<", "<=", ">", ">=", "~", "!~"])
names = st.text(min_size=1, max_size=8)
clauses = st.one_of(
    st.builds(Clause, names, signs, st.tuples(one)),
    st.builds(Clause, names, st.sampled_from(["in", "not_in"]), st.lists(one, min_size=1, max_size=3).map(tuple)),
    st.builds(Clause, names, st.sampled_from(["is", "is_not"]), st.just((Empty(),))),
)


def combined(terms: st.SearchStrategy[Term]) -> st.SearchStrategy[Term]:
    several = st.lists(terms, min_size=2, max_size=3).map(tuple)
    return st.builds(Not, terms) | st.builds(And, several) | st.builds(Or, several)


trees = st.recursive(clauses, combined, max_leaves=8)
orders = st.lists(st.tuples(st.text(min_size=1, max_size=6), st.booleans()), max_size=3).map(tuple)


@given(st.builds(Query, st.none() | trees, orders))
@calm
def test_a_tree_that_is_written_down_is_read_back(query: Query) -> None:
    assert parse(written(query)) == query


@given(st.text(max_size=60) | st.text(alphabet="ab=()\"'! andornotin,~<>|&\\", max_size=60))
@calm
def test_any_text_is_read_or_refused_with_a_sentence(text: str) -> None:
    said = ""
    try:
        parse(text)
    except JqlError as problem:
        said = str(problem)
    assert not said or len(said.split()) > 5


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("x=1 and y=2 or z=3", "(x=1 AND y=2) OR z=3"),
        ("not x=1 and y=2", "(NOT (x=1)) AND y=2"),
        ("x in (1,2)and(y is not null)", "x IN (1, 2) AND y IS NOT EMPTY"),
        ("x=1&&y=2||!(z=3)", "(x=1 AND y=2) OR NOT (z=3)"),
        ("updated >= -90m order by updated, key desc", "updated >= '-90m' ORDER BY updated ASC, key DESC"),
        ("cf[10020] = 3", '"cf[10020]" = 3'),
    ],
)
def test_precedence_and_spelling(text: str, same: str) -> None:
    assert written(parse(text)).replace('"', "'") == written(parse(same)).replace('"', "'").replace("'-90m'", "-90m")


@pytest.mark.parametrize(
    "text",
    [
        "a =",
        "= 1",
        "a = 1 and",
        "(a = 1",
        "a = 1)",
        "a in (1",
        "a is 1",
        "a 1",
        "order updated",
        "a = 'x",
        "status was Open",
    ],
)
def test_what_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(JqlError):
        parse(text)


# --- meaning ------------------------------------------------------------------------------------------------------

LABELS, PEOPLE, STATUSES = ("red", "Green", "blue-1"), ("ada", "bob"), ("To Do", "In Progress", "Done")


@cache
def crowd() -> Site:
    """Sixty issues in which labels, people, statuses, sprints, points and times are mixed."""
    site = small_site()
    board = site.add_board("b", "PAY")
    sprints = [
        site.add_sprint(board.id, f"S{n}", start=START, state=s).id
        for n, s in enumerate(("closed", "active", "future"))
    ]
    for n in range(60):
        key = f"{'PAY' if n % 3 else 'WEB'}-{n + 1}"
        fields: dict[str, Any] = {
            "labels": [label for bit, label in enumerate(LABELS) if n >> bit & 1],
            "assignee": (None, *PEOPLE)[n % 3],
            "components": [("API", "UI")[n % 2]] if n % 4 else [],
            "priority": ("High", "Low", None)[n % 3],
            "Story Points": (None, 1, 2.5, 8)[n % 4],
            "Sprint": (None, *sprints)[n % 4],
        }
        at = START - timedelta(hours=n * 7, seconds=n)
        site.perform(
            Create(
                at,
                PEOPLE[n % 2],
                key,
                ("Story", "Bug")[n % 2],
                f"Issue about {'card' if n % 5 else 'mail'} {n}",
                fields,
            )
        )
        if n % 3:
            site.perform(Move(at + timedelta(hours=1), "ada", key, STATUSES[n % 3]))
    return site


def found(jql: str, account: str | None = "bot") -> list[str]:
    site = crowd()
    return [i.key for i in site.search.find(jql, account and site.people.accounts[account]).issues]


Check = Callable[[Issue], bool]


def status(issue: Issue) -> str:
    return crowd().catalogue.statuses[issue.fields["status"]].name


def many(
    name: str, read: Callable[[Issue], list[Any]], values: tuple[Any, ...]
) -> st.SearchStrategy[tuple[str, Check]]:
    """Clauses over a field that holds any number of values, each with its plain meaning."""
    wanted = st.lists(st.sampled_from(values), min_size=1, max_size=2)

    def clause(form: str, picked: list[Any]) -> tuple[str, Check]:
        listed = ", ".join(quoted(str(v)) for v in picked)
        return {
            "=": (f"{name} = {quoted(str(picked[0]))}", lambda i: picked[0] in read(i)),
            "!=": (f"{name} != {quoted(str(picked[0]))}", lambda i: bool(read(i)) and picked[0] not in read(i)),
            "in": (f"{name} in ({listed})", lambda i: any(v in read(i) for v in picked)),
            "not in": (f"{name} NOT IN ({listed})", lambda i: bool(read(i)) and not any(v in read(i) for v in picked)),
            "empty": (f"{name} is EMPTY", lambda i: not read(i)),
            "filled": (f"{name} is not EMPTY", lambda i: bool(read(i))),
        }[form]

    return st.builds(clause, st.sampled_from(["=", "!=", "in", "not in", "empty", "filled"]), wanted)


def of(field: str) -> Callable[[Issue], list[Any]]:
    def read(issue: Issue) -> list[Any]:
        value = issue.fields.get(field)
        return list(value) if isinstance(value, list) else [] if value is None else [value]

    return read


def when(name: str, read: Callable[[Issue], datetime | None]) -> st.SearchStrategy[tuple[str, Check]]:
    """A comparison with a literal in UTC (the caller's zone) or with a span from now."""
    compare: dict[str, Callable[[datetime, datetime], bool]] = {
        "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
    }  # fmt: skip

    def clause(sign: str, minutes: int, relative: bool) -> tuple[str, Check]:
        moment = START - timedelta(minutes=minutes)
        text = f"-{minutes}m" if relative else quoted(f"{moment:%Y-%m-%d %H:%M}")
        return f"{name} {sign} {text}", lambda i: (at := read(i)) is not None and compare[sign](at, moment)

    return st.builds(clause, st.sampled_from(sorted(compare)), st.integers(0, 60 * 24 * 20), st.booleans())


def key_clause(sign: str, number: int) -> tuple[str, Check]:
    """Compares numbers inside the project of an issue that exists."""
    key = f"{'PAY' if (number - 1) % 3 else 'WEB'}-{number}"
    prefix = key[:4]
    inside = {">": lambda n: n > number, "<=": lambda n: n <= number}[sign]
    return f"key {sign} {key}", lambda i: i.key.startswith(prefix) and inside(i.number)


points = next(f.id for f in small_site().fields if f.name == "Story Points")
sprint_field = next(f.id for f in small_site().fields if f.name == "Sprint")
plain = st.one_of(
    many("project", lambda i: [i.key[:3]], ("PAY", "WEB")),
    many("labels", of("labels"), LABELS),
    many("status", lambda i: [status(i)], STATUSES),
    many("issuetype", lambda i: [crowd().catalogue.types[i.fields["issuetype"]].name], ("Story", "Bug")),
    many("assignee", of("assignee"), PEOPLE),
    many("reporter", of("reporter"), PEOPLE),
    many("priority", lambda i: [crowd().catalogue.priorities[p].name for p in of("priority")(i)], ("High", "Low")),
    many("sprint", of(sprint_field), (1, 2, 3)),
    many('"Story Points"', of(points), (1, 2.5, 8)),
    many("statusCategory", lambda i: [crowd().catalogue.statuses[i.fields["status"]].category], ("new", "done")),
    st.just(("sprint in openSprints()", lambda i: 2 in of(sprint_field)(i))),
    st.just(("summary ~ mail", lambda i: "mail" in i.fields["summary"])),
    st.just(("resolution is EMPTY", lambda i: not i.fields.get("resolution"))),
    st.builds(key_clause, st.sampled_from([">", "<="]), st.integers(1, 60)),
    when("created", lambda i: i.created),
    when("updated", lambda i: i.updated),
    when("resolved", lambda i: i.resolved),
)  # fmt: skip


def joined(terms: st.SearchStrategy[tuple[str, Check]]) -> st.SearchStrategy[tuple[str, Check]]:
    pairs = st.tuples(terms, terms)
    both = pairs.map(lambda p: (f"({p[0][0]}) AND ({p[1][0]})", lambda i: p[0][1](i) and p[1][1](i)))
    either = pairs.map(lambda p: (f"({p[0][0]}) OR {p[1][0]}", lambda i: p[0][1](i) or p[1][1](i)))
    return both | either


@given(st.recursive(plain, joined, max_leaves=5))
@calm
def test_a_query_finds_what_its_plain_reading_finds(query: tuple[str, Check]) -> None:
    text, fits = query
    expected = {issue.key for issue in crowd().issues.values() if fits(issue)}
    assert set(found(text)) == expected


@given(st.recursive(plain, joined, max_leaves=4))
@calm
def test_twice_not_is_the_query_itself_and_once_excludes_it(query: tuple[str, Check]) -> None:
    text, _ = query
    assert set(found(f"NOT (NOT ({text}))")) == set(found(text))
    assert not set(found(f"NOT ({text})")) & set(found(text))


def test_not_is_carried_into_the_clause() -> None:
    """As Jira does: an issue without labels is found neither by `labels = red` nor by its opposite."""
    without = {issue.key for issue in crowd().issues.values() if not issue.fields["labels"]}
    assert without
    assert not without & set(found("NOT labels = red"))
    assert set(found("NOT labels = red")) == set(found("labels != red"))


@given(
    st.lists(
        st.tuples(st.sampled_from(["created", "updated", "key", "status", "priority"]), st.booleans()),
        min_size=1,
        max_size=3,
    )
)
@calm
def test_order_by_sorts_as_it_says(order: list[tuple[str, bool]]) -> None:
    site = crowd()
    read: dict[str, Callable[[Issue], Any]] = {
        "created": lambda i: i.created.timestamp(),
        "updated": lambda i: i.updated.timestamp(),
        "key": lambda i: (i.key[:3], i.number),
        "status": lambda i: int(i.fields["status"]),
        "priority": lambda i: int(i.fields["priority"] or 99),
    }
    expected = sorted(site.issues.values(), key=lambda i: i.id)
    for name, up in reversed(order):
        expected.sort(key=read[name], reverse=not up)
        if not up:  # a stable sort keeps ties in order only when it goes up
            expected = [i for _, group in _runs(expected, read[name]) for i in group]
    said = ", ".join(f"{name} {'ASC' if up else 'DESC'}" for name, up in order)
    hits = found(f"project in (PAY, WEB) ORDER BY {said}")
    keys = [tuple(read[name](site.issue(key)) for name, _ in order) for key in hits]
    assert keys == [tuple(read[name](issue) for name, _ in order) for issue in expected]


def _runs(issues: list[Issue], read: Callable[[Issue], Any]) -> list[tuple[Any, list[Issue]]]:
    runs: list[tuple[Any, list[Issue]]] = []
    for issue in issues:
        if runs and runs[-1][0] == read(issue):
            runs[-1][1].append(issue)
        else:
            runs.append((read(issue), [issue]))
    return runs


def test_me_and_my_group() -> None:
    site = small_site()
    site.people.accounts["ada"].groups.add("leads")
    site.perform(Create(START, "ada", "PAY-1", "Story", "x", {"assignee": "ada"}))
    for who, jql in ("ada", "assignee = currentUser()"), ("bob", "assignee in membersOf(leads)"):
        assert [i.key for i in site.search.find(jql, site.people.accounts[who]).issues] == ["PAY-1"]
    assert site.search.find("assignee = currentUser()", site.people.accounts["bob"]).issues == []


def test_two_fields_of_one_name_are_both_searched() -> None:
    """Trap 19: a second "Story Points"."""
    site = small_site()
    second = site.fields.add("Story Points", "number", "com.atlassian.jira.plugin.system.customfieldtypes:float")
    site.perform(Create(START, "ada", "PAY-1", "Story", "x", {"Story Points": 3}))
    site.perform(Create(START, "ada", "PAY-2", "Story", "y", {second.id: 3}))
    hits = site.search.find('"Story Points" = 3 ORDER BY key', site.people.accounts["bot"])
    assert [i.key for i in hits.issues] == ["PAY-1", "PAY-2"]


# --- time (facts 2.1) ---------------------------------------------------------------------------------------------

# fmt: off
ZONES = (
    "Pacific/Midway", "Pacific/Honolulu", "America/Los_Angeles", "America/Denver", "America/Chicago",
    "America/New_York", "America/Caracas", "America/St_Johns", "America/Sao_Paulo",
    "Atlantic/South_Georgia", "Atlantic/Azores", "Etc/UTC", "Europe/London", "Europe/Berlin",
    "Europe/Athens", "Africa/Cairo", "Europe/Moscow", "Asia/Tehran", "Asia/Dubai", "Asia/Kabul",
    "Asia/Karachi", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Dhaka", "Asia/Yangon", "Asia/Bangkok",
    "Asia/Shanghai", "Australia/Eucla", "Asia/Tokyo", "Australia/Adelaide", "Australia/Sydney",
    "Australia/Lord_Howe", "Pacific/Noumea", "Pacific/Auckland", "Pacific/Chatham", "Pacific/Tongatapu",
    "Pacific/Kiritimati", "America/Adak",
)
# fmt: on


def changed_at(moment: datetime, zone: str) -> Site:
    site = small_site()
    site.add_person(Person("caller", "Caller", zone))
    site.perform(Create(moment, "ada", "PAY-1", "Story", "x"))
    site.clock.set(moment + timedelta(minutes=1))  # type: ignore[attr-defined]
    return site


def hits(site: Site, jql: str) -> int:
    return len(site.search.find(jql, site.people.accounts["caller"]).issues)


@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
    st.sampled_from(ZONES),
    st.integers(-3, 3),
)
@settings(calm, max_examples=400)
def test_a_literal_means_its_minute_in_the_callers_zone(moment: datetime, zone: str, minutes: int) -> None:
    """The oracle compares clock faces: the issue's in that zone, and the literal's. Nights in which the clock is put
    forward or back have their own test."""
    local = moment.astimezone(ZoneInfo(zone))
    face = local.replace(tzinfo=None)
    literal = (face + timedelta(minutes=minutes)).replace(second=0, microsecond=0)
    day = timedelta(hours=4)
    if len({(local + shift).utcoffset() for shift in (-day, day)}) > 1:
        return
    site = changed_at(moment, zone)
    for sign, expected in {
        ">=": face >= literal,
        ">": face > literal,
        "<": face < literal,
        "<=": face <= literal,
    }.items():
        kept = face.replace(microsecond=face.microsecond // 1000 * 1000)
        if kept == literal:  # exactly on the minute: equality decides
            expected = sign in (">=", "<=")
        assert hits(site, f"project = PAY AND updated {sign} '{literal:%Y-%m-%d %H:%M}'") == expected, (sign, zone)
        assert hits(site, f"project = PAY AND updated {sign} '{literal:%Y/%m/%d %H:%M}'") == expected


@pytest.mark.parametrize("zone", ZONES)
def test_a_relative_time_needs_no_zone(zone: str) -> None:
    site = changed_at(datetime(2025, 10, 26, 0, 45, tzinfo=UTC), zone)
    assert hits(site, "updated >= -1m") == 1
    assert hits(site, "updated >= -1m AND updated <= -1m") == 1, "now minus one minute is exactly when it changed"
    assert hits(site, "updated > -1m") == 0


def test_of_an_hour_that_comes_twice_the_first_is_meant() -> None:
    """Autumn: 02:30 in Berlin is 00:30 and 01:30 UTC. A floor at the second loses what happened in the first; put it an
    hour earlier (facts 2.1)."""
    first, second = datetime(2025, 10, 26, 0, 30, tzinfo=UTC), datetime(2025, 10, 26, 1, 30, tzinfo=UTC)
    for moment in first, second:
        assert hits(changed_at(moment, "Europe/Berlin"), "updated >= '2025-10-26 02:30'") == 1
    assert hits(changed_at(first - timedelta(minutes=1), "Europe/Berlin"), "updated >= '2025-10-26 02:30'") == 0


def test_an_hour_that_never_was_is_read_with_the_offset_before() -> None:
    """Spring: 02:30 does not exist in Berlin."""
    assert literal_moment("2025-03-30 02:30", ZoneInfo("Europe/Berlin")) == datetime(2025, 3, 30, 1, 30, tzinfo=UTC)


def test_a_utc_literal_under_an_account_east_of_utc_loses_the_newest_hours() -> None:
    """Trap 3."""
    moment = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
    site = changed_at(moment, "Asia/Tokyo")
    assert hits(site, "updated <= '2026-03-02 12:01'") == 0, "12:01 in Tokyo was nine hours ago"
    site.people.accounts["caller"].time_zone = "Etc/UTC"
    assert hits(site, "updated <= '2026-03-02 12:01'") == 1, "the zone is read anew: people change it"


def test_seconds_are_lost_in_a_ceiling() -> None:
    """Trap 4: `<= 12:00` leaves out 12:00:01 to 12:00:59."""
    site = changed_at(datetime(2026, 3, 2, 12, 0, 30, tzinfo=UTC), "Etc/UTC")
    assert hits(site, "updated <= '2026-03-02 12:00'") == 0
    assert hits(site, "updated >= '2026-03-02 12:00'") == 1
    assert hits(site, f"updated >= {1772452830000}") == 1, "milliseconds are taken too"


def test_days_begin_at_midnight_of_the_caller() -> None:
    site = changed_at(datetime(2026, 3, 2, 20, 0, tzinfo=UTC), "Asia/Tokyo")  # 05:00 of 3 March
    assert hits(site, "updated >= '2026-03-03'") == 1
    assert hits(site, "updated >= startOfDay()") == 1
    assert hits(site, "updated >= startOfDay('+1d')") == 0


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("-90m", timedelta(minutes=-90)),
        ("4w 2d", timedelta(days=30)),
        ("+1h", timedelta(hours=1)),
        ("3", None),
        ("-", None),
    ],
)
def test_durations(text: str, span: timedelta | None) -> None:
    assert duration(text) == span


def test_ten_thousand_issues_are_searched_quickly() -> None:
    site = small_site()
    for n in range(1, 10_001):
        site.perform(
            Create(START + timedelta(minutes=n), "ada", f"PAY-{n}", "Story", "x", {"labels": ["red"] if n % 7 else []})
        )
    bot = site.people.accounts["bot"]
    started = time.process_time()
    jql = "project = PAY AND updated >= '2026-03-01 00:00' AND labels = red ORDER BY updated ASC, key ASC"
    assert len(site.search.find(jql, bot).issues) == 10_000 - 10_000 // 7
    assert time.process_time() - started < 1
    started = time.process_time()
    token = None
    for _ in range(100):
        _, token = site.search.token_page(jql, bot, token, 80)
    assert time.process_time() - started < 1, "pages of one query cost no further search"
