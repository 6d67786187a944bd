"""What a JQL query means on this site: which issues fit, in which order (facts/jira.md 1.1, 2.1, 2.3).

`compile_query` turns a tree into a predicate and a sort key once; thousands of issues are then tested by plain calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from eal_jira.sandbox.catalogue import CATEGORIES
from eal_jira.sandbox.fields import SPRINT, Field
from eal_jira.sandbox.jql.moments import duration, function_of_now, literal_moment, stored_moment
from eal_jira.sandbox.jql.order import DATES, KEYS, sort_key
from eal_jira.sandbox.jql.syntax import And, Clause, Empty, Function, JqlError, Literal, Not, Operand, Or, Query, Term
from eal_jira.sandbox.people import Account
from eal_jira.sandbox.state import Issue
from eal_jira.sandbox.text.wiki import to_wiki

if TYPE_CHECKING:
    from eal_jira.sandbox.site import Site

Test = Callable[[Issue], bool]
Key = Callable[[Issue], Any]


@dataclass(frozen=True, slots=True)
class Caller:
    account: Account | None
    now: datetime

    @property
    def zone(self) -> ZoneInfo:
        """Dates without an offset are read in the caller's time zone (facts 2.1)."""
        return ZoneInfo((self.account and self.account.time_zone) or "Etc/UTC")


@dataclass(frozen=True, slots=True)
class Compiled:
    fits: Test
    sort_key: Key
    #: when the query can only find issues of these projects: their ids
    projects: frozenset[int] | None
    #: the answer changes with the clock alone
    relative: bool


def compile_query(site: Site, query: Query, caller: Caller) -> Compiled:
    """Raises `JqlError` with one message for what the site doesn't know."""
    compiler = _Compiler(site, caller)
    fits = compiler.test(query.where) if query.where else _always
    key = sort_key(site, query.order)
    return Compiled(fits, key, compiler.projects_of(query.where), compiler.relative)


def negated(term: Term) -> Term:
    """NOT, carried into the clauses as Jira does: `NOT labels = x` is `labels != x`, so it needs a label too."""
    if isinstance(term, Not):
        return term.term
    if isinstance(term, And):
        return Or(tuple(map(negated, term.terms)))
    if isinstance(term, Or):
        return And(tuple(map(negated, term.terms)))
    return replace(term, operator=_OPPOSITE[term.operator])


_OPPOSITES = (("=", "!="), ("~", "!~"), ("<", ">="), (">", "<="), ("in", "not_in"), ("is", "is_not"))
_OPPOSITE = dict(_OPPOSITES) | {b: a for a, b in _OPPOSITES}


def _always(_issue: Issue) -> bool:
    return True


class _Compiler:
    def __init__(self, site: Site, caller: Caller) -> None:
        self._site = site
        self._caller = caller
        self.relative = False

    # --- terms ------------------------------------------------------------------------------------------------

    def test(self, term: Term) -> Test:
        if isinstance(term, Not):
            return self.test(negated(term.term))
        if isinstance(term, And):
            tests = [self.test(t) for t in term.terms]
            return lambda issue: all(test(issue) for test in tests)
        if isinstance(term, Or):
            tests = [self.test(t) for t in term.terms]
            return lambda issue: any(test(issue) for test in tests)
        return self._clause(term)

    def projects_of(self, term: Term | None) -> frozenset[int] | None:
        """The projects that every match must be in, as far as the query says so in plain words."""
        if isinstance(term, Clause) and term.field.lower() == "project" and term.operator in ("=", "in"):
            return frozenset(self._project(o) for o in term.operands)
        if isinstance(term, And):
            known = [p for p in map(self.projects_of, term.terms) if p is not None]
            return frozenset.intersection(*known) if known else None
        if isinstance(term, Or):
            parts = [self.projects_of(t) for t in term.terms]
            return frozenset().union(*(p for p in parts if p)) if None not in parts else None
        return None

    def _clause(self, clause: Clause) -> Test:
        name = clause.field.lower()
        if name in KEYS:
            return self._key_clause(clause)
        if name in DATES:
            return self._date_clause(clause, DATES[name])
        fields = self._site.fields.named(clause.field)
        if name == "statuscategory":
            return self._set_clause(clause, self._categories, self._category)
        if not fields:
            raise JqlError(f"Field '{clause.field}' does not exist or you do not have permission to view it.")
        tests = [self._field_clause(clause, field) for field in fields]
        return tests[0] if len(tests) == 1 else (lambda issue: any(test(issue) for test in tests))

    def _field_clause(self, clause: Clause, field: Field) -> Test:
        if clause.operator in ("~", "!~"):
            return self._text_clause(clause, field)
        if field.type in ("number", "date", "datetime"):
            return self._ordered_clause(clause, field)
        read, value = self._readers(field)
        return self._set_clause(clause, read, value)

    def _readers(self, field: Field) -> tuple[Callable[[Issue], Iterable[Any]], Callable[[Operand], Any]]:
        """How to read the field's values from an issue, and how to read one operand: both in the same terms."""
        site, id_ = self._site, field.id
        if id_ == "project":
            return lambda issue: (issue.project,), self._project
        words = site.catalogue.words(id_)
        if words is not None:

            def word(operand: Operand) -> frozenset[str]:
                text = self._text(operand, field.id)
                same = frozenset(w.id for w in words.values() if text.casefold() in (w.name.casefold(), w.id))
                if not same:
                    raise self._unknown(text, field.id)
                return same

            return lambda issue: _one(issue.fields.get(id_)), word
        if field.custom == SPRINT:
            return lambda issue: issue.fields.get(id_) or (), self._sprints
        if field.type == "user":
            return lambda issue: _one(issue.fields.get(id_)), self._person
        if id_ == "parent":
            return lambda issue: _one(_parent_id(issue)), self._parent
        if field.items in ("component", "version"):
            return lambda issue: self._part_names(issue, field), self._folded
        return lambda issue: _words_of(issue.fields.get(id_)), self._folded

    def _set_clause(
        self, clause: Clause, read: Callable[[Issue], Iterable[Any]], value: Callable[[Operand], Any]
    ) -> Test:
        """=, !=, IN, NOT IN, IS over fields that hold any number of values. The negative forms leave out issues
        whose field is empty, as Jira does."""
        if clause.operator in ("is", "is_not") or clause.operands == (Empty(),):
            if clause.operator in ("is", "="):
                return lambda issue: not any(True for _ in read(issue))
            return lambda issue: any(True for _ in read(issue))
        wanted: set[Any] = set()
        empty_too = Empty() in clause.operands
        for operand in clause.operands:
            if not isinstance(operand, Empty):
                found = value(operand)
                wanted |= found if isinstance(found, frozenset) else {found}
        if clause.operator in ("=", "in"):

            def fits(issue: Issue) -> bool:
                values = list(read(issue))
                return any(v in wanted for v in values) or (empty_too and not values)

            return fits
        if clause.operator in ("!=", "not_in"):

            def differs(issue: Issue) -> bool:
                values = list(read(issue))
                return bool(values) and not any(v in wanted for v in values)

            return differs
        raise JqlError(f"The operator '{clause.operator}' is not supported by the '{clause.field}' field.")

    # --- keys -------------------------------------------------------------------------------------------------

    def _key_clause(self, clause: Clause) -> Test:
        """`key` and `id` are one field. Comparisons look the reference issue up and compare key numbers inside its
        project; a reference that is gone or hidden finds nothing, without an error (facts 2.3)."""
        if clause.operator in ("=", "!=", "in", "not_in"):
            found = {self._issue(operand, clause.field) for operand in clause.operands}
            if clause.operator in ("=", "in"):
                return lambda issue: issue.id in found
            return lambda issue: issue.id not in found
        compare = _COMPARE.get(clause.operator)
        if compare is None:
            raise JqlError(f"The operator '{clause.operator}' is not supported by the '{clause.field}' field.")
        text = self._text(clause.operands[0], clause.field)
        reference = self._site.find(text)
        if reference is None or not self._site.sees(self._caller.account, reference):
            return lambda _issue: False
        project, number = reference.project, reference.number
        return lambda issue: issue.project == project and compare(issue.number, number)

    def _issue(self, operand: Operand, field: str) -> int:
        text = self._text(operand, field)
        issue = self._site.find(text)
        if issue is None or not self._site.sees(self._caller.account, issue):
            kind = "id" if text.isdecimal() else "key"
            raise JqlError(f"An issue with {kind} '{text}' does not exist for field '{field}'.")
        return issue.id

    # --- dates and numbers ------------------------------------------------------------------------------------

    def _date_clause(self, clause: Clause, read: Callable[[Issue], datetime | None]) -> Test:
        if clause.operator in ("is", "is_not") or clause.operands == (Empty(),):
            present = clause.operator in ("is_not", "!=")
            return lambda issue: (read(issue) is not None) == present
        moments = [self._moment(operand, clause.field) for operand in clause.operands]
        if clause.operator in ("in", "not_in"):
            inside = clause.operator == "in"
            return lambda issue: (value := read(issue)) is not None and (value in moments) == inside
        compare = _COMPARE.get(clause.operator)
        if compare is None:
            raise JqlError(f"The operator '{clause.operator}' is not supported by the '{clause.field}' field.")
        moment = moments[0]
        return lambda issue: (value := read(issue)) is not None and compare(value, moment)

    def _ordered_clause(self, clause: Clause, field: Field) -> Test:
        id_, number = field.id, field.type == "number"

        def read(issue: Issue) -> Any:
            stored = issue.fields.get(id_)
            if number or not isinstance(stored, str):
                return stored
            return stored_moment(stored, self._caller.zone)

        if not number:
            return self._date_clause(clause, read)
        if clause.operator in ("is", "is_not", "in", "not_in", "=", "!="):
            return self._set_clause(clause, lambda issue: _one(read(issue)), lambda o: self._number(o, clause))
        compare = _COMPARE[clause.operator]
        wanted = self._number(clause.operands[0], clause)
        return lambda issue: (value := read(issue)) is not None and compare(value, wanted)

    def _number(self, operand: Operand, clause: Clause) -> float:
        text = self._text(operand, clause.field)
        try:
            return float(text)
        except ValueError:
            raise self._unknown(text, clause.field) from None

    def _moment(self, operand: Operand, field: str) -> datetime:
        """A date to the minute in the caller's zone, a duration from now, or a function of now."""
        zone, now = self._caller.zone, self._caller.now
        if isinstance(operand, Function):
            self.relative = True
            return function_of_now(operand, now, zone)
        text = self._text(operand, field)
        span = duration(text)
        if span is not None:
            self.relative = True
            return now + span
        moment = literal_moment(text, zone)
        if moment is None:
            raise JqlError(
                f"Date value '{text}' for field '{field}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', "
                "'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'."
            )
        return moment

    # --- text -------------------------------------------------------------------------------------------------

    def _text_clause(self, clause: Clause, field: Field) -> Test:
        """All words must occur; an exact phrase stands in inner quotes. Without Jira's stemming."""
        text = self._text(clause.operands[0], clause.field).casefold()
        phrase = text.strip('"') if text.startswith('"') else None
        words = [phrase] if phrase else [word.strip("*") for word in text.split()]

        def fits(issue: Issue) -> bool:
            stored = issue.fields.get(field.id)
            said = (stored if isinstance(stored, str) else to_wiki(stored) if stored else "").casefold()
            return all(word in said for word in words)

        return fits if clause.operator == "~" else (lambda issue: not fits(issue))

    # --- operands ---------------------------------------------------------------------------------------------

    def _text(self, operand: Operand, field: str) -> str:
        if isinstance(operand, Literal):
            return operand.text
        if isinstance(operand, Function):
            raise JqlError(f"Unable to find JQL function '{operand.name}({', '.join(operand.arguments)})'.")
        raise JqlError(f"The field '{field}' does not take EMPTY with this operator.")

    def _unknown(self, text: str, field: str) -> JqlError:
        return JqlError(f"The value '{text}' does not exist for the field '{field}'.")

    def _folded(self, operand: Operand) -> str:
        return self._text(operand, "").casefold()

    def _project(self, operand: Operand) -> int:
        """A project that the caller may browse, by key, name or id."""
        text = self._text(operand, "project")
        for project in self._site.projects.values():
            named = text.casefold() in (project.key.casefold(), project.name.casefold(), str(project.id))
            if named and self._site.may(self._caller.account, "BROWSE_PROJECTS", project.id):
                return project.id
        raise self._unknown(text, "project")

    def _person(self, operand: Operand) -> frozenset[str] | str:
        people = self._site.people
        if isinstance(operand, Function) and operand.name.lower() == "currentuser":
            return self._caller.account.id if self._caller.account else frozenset()
        if isinstance(operand, Function) and operand.name.lower() == "membersof":
            group = operand.arguments[0] if operand.arguments else ""
            return frozenset(a.id for a in people.accounts.values() if group in a.groups)
        text = self._text(operand, "assignee")
        found = people.search(text)
        if found is None:
            raise self._unknown(text, "assignee")
        return found.id

    def _parent(self, operand: Operand) -> int:
        return self._issue(operand, "parent")

    def _sprints(self, operand: Operand) -> frozenset[int]:
        sprints = self._site.sprints
        states = {"opensprints": "active", "closedsprints": "closed", "futuresprints": "future"}
        if isinstance(operand, Function) and operand.name.lower() in states:
            wanted = states[operand.name.lower()]
            return frozenset(s.id for s in sprints.values() if s.state == wanted)
        text = self._text(operand, "sprint")
        found = frozenset(s.id for s in sprints.values() if text in (str(s.id), s.name))
        if not found:
            raise self._unknown(text, "sprint")
        return found

    def _categories(self, issue: Issue) -> Iterable[str]:
        return (self._site.catalogue.statuses[issue.fields["status"]].category,)

    def _category(self, operand: Operand) -> str:
        text = self._text(operand, "statusCategory")
        for key, (number, name, _colour) in CATEGORIES.items():
            if text.casefold() in (key, str(number), name.casefold()):
                return key
        raise self._unknown(text, "statusCategory")

    def _part_names(self, issue: Issue, field: Field) -> list[str]:
        project = self._site.projects[issue.project]
        known = project.components if field.items == "component" else project.versions
        names = []
        for id_ in issue.fields.get(field.id) or ():
            names += [id_, str(known[id_]["name"]).casefold()] if id_ in known else []
        return names


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: bool(a == b),
    "!=": lambda a, b: bool(a != b),
    "<": lambda a, b: bool(a < b),
    "<=": lambda a, b: bool(a <= b),
    ">": lambda a, b: bool(a > b),
    ">=": lambda a, b: bool(a >= b),
}


def _one(value: Any) -> tuple[Any, ...]:
    return () if value is None else (value,)


def _parent_id(issue: Issue) -> int | None:
    parent = issue.fields.get("parent")
    return int(parent["id"]) if parent else None


def _words_of(value: Any) -> list[str]:
    """What `=` compares with in fields of other kinds: texts, options, labels."""
    if value is None:
        return []
    values = value if isinstance(value, list) else [value]
    return [str(v.get("value", v.get("name", v)) if isinstance(v, dict) else v).casefold() for v in values]
