"""All rule kinds by name. Ours register here at import, a plugin's through `register` at start-up."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError

from eal_jira.errors import AdapterError, ConfigError
from eal_jira.process.names import suggestion
from eal_jira.process.problems import Mistake, mistakes
from eal_jira.process.rules.absence import Absence
from eal_jira.process.rules.allowed_transitions import AllowedTransitions
from eal_jira.process.rules.base import Rule
from eal_jira.process.rules.children_done import ChildrenDone
from eal_jira.process.rules.crossing import CrossRule
from eal_jira.process.rules.different_people import DifferentPeople
from eal_jira.process.rules.freshness import Freshness
from eal_jira.process.rules.link_required import LinkRequired
from eal_jira.process.rules.not_coexistence import NotCoexistence
from eal_jira.process.rules.precedence import Precedence
from eal_jira.process.rules.required_fields import RequiredFields
from eal_jira.process.rules.response import Response
from eal_jira.process.rules.scope_freeze import ScopeFreeze
from eal_jira.process.rules.size_limit import SizeLimit
from eal_jira.process.rules.succession import Succession
from eal_jira.process.rules.time_limit import TimeLimit
from eal_jira.process.rules.wip_limit import WipLimit

__all__ = ["BadRule", "CrossRule", "Rule", "parse_rule", "register", "rule_kinds"]

rule_kinds: dict[str, type[Rule]] = {}
"""Every known rule kind by its name."""


class BadRule(ConfigError):
    """A rule's table can't be used; `mistakes` says why, key by key."""

    def __init__(self, found: tuple[Mistake, ...]) -> None:
        super().__init__(" ".join(f"{m.what} {m.remedy}" for m in found))
        self.mistakes = found


def register(kind: type[Rule]) -> None:
    """Adds a rule kind under the default of its `kind` field. Raises `AdapterError` when the name is taken."""
    name = kind.model_fields["kind"].default
    if not isinstance(name, str):
        raise AdapterError(
            f"The rule kind {kind.__name__} has no name.",
            remedy=f'Give it a field such as kind: Literal["my_kind"] = "my_kind" (in {kind.__module__}).',
        )
    known = rule_kinds.setdefault(name, kind)
    if known is not kind:
        raise AdapterError(
            f'Two rule kinds are called "{name}": {known.__module__} and {kind.__module__}.',
            refused="The second one is not used.",
            remedy="Rename one of them, or leave one of the two plugins out.",
        )


def parse_rule(table: Mapping[str, object]) -> Rule:
    """The rule that a guideline's ``rule`` table describes. Raises `BadRule`."""
    kind = table.get("kind")
    found = rule_kinds.get(kind) if isinstance(kind, str) else None
    if found is None:
        what = '"rule.kind" is missing.' if kind is None else f'"rule.kind" names no rule kind: {kind!r}.'
        raise BadRule((Mistake(("rule", "kind"), what, suggestion(str(kind or ""), sorted(rule_kinds))),))
    try:
        return found.model_validate(dict(table))
    except ValidationError as error:
        raise BadRule(mistakes(error, found, ("rule",))) from None


for _kind in (
    *(Precedence, Response, Succession, NotCoexistence, Absence, AllowedTransitions),
    *(TimeLimit, Freshness, RequiredFields, SizeLimit, LinkRequired, DifferentPeople),
    *(WipLimit, ScopeFreeze, ChildrenDone),
):
    register(_kind)
