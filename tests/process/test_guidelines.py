"""Guideline files: what they say becomes versions; what can't be used is told with its line and a remedy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from eal_jira.process.guidelines import ParsedGuidelines, check_names, parse_guidelines
from eal_jira.process.rules import rule_kinds
from eal_jira.process.versions import ALWAYS, GuidelineVersion, in_force
from tests.process.building import VOCABULARY, version

BERLIN = ZoneInfo("Europe/Berlin")

SOUND = """\
# how we work
[[guideline]]
id = "sound"
title = "Work is reviewed before it is done"
purpose = "A second pair of eyes sees what the first can't"
source = "Bacchelli & Bird, 2013"
rule = { kind = "precedence", first = "In Review", then = "Done" }

"""

FULL = """\
[[guideline]]
id = "review-before-done"
title = "Work is reviewed before it is done"
purpose = "A second pair of eyes sees what the first can't"
why = "Two refunds went out twice"
source = "Bacchelli & Bird, 2013"
in_force_from = 2026-01-01
review_on = 2026-07-01
mandatory = true
applies_to = { type = ["Story", "Bug"], points = "<= 3" }
except = [{ labels = "hotfix" }, { priority = ["Low"], component = ["Docs"] }]
rule = { kind = "precedence", first = "In Review", then = "Done" }

[[guideline]]
id = "review-before-done"
title = "Work is reviewed before it is done"
purpose = "A second pair of eyes sees what the first can't"
source = "Bacchelli & Bird, 2013"
in_force_from = 2026-04-01T12:00:00
old_way = "It was reviewed while the author was still at it"
rule = { kind = "precedence", first = "In Review", then = "Released" }

[[guideline]]
id = "review-before-done"
in_force_from = 2026-06-01T00:00:00Z
retired = true
why = "Pairs see enough"
"""


def parse(text: str) -> ParsedGuidelines:
    return parse_guidelines(text, "guidelines/payments.toml", BERLIN)


def test_a_guideline_file_becomes_versions_in_the_order_of_time() -> None:
    parsed = parse(FULL)
    assert parsed.problems == ()
    first, second, third = parsed.versions
    assert [v.version for v in parsed.versions] == [1, 2, 3]
    assert first.in_force_from == datetime(2025, 12, 31, 23, tzinfo=UTC), "midnight in Berlin"
    assert second.in_force_from == datetime(2026, 4, 1, 10, tzinfo=UTC), "noon in Berlin"
    assert (first.in_force_until, second.in_force_until, third.in_force_until) == (
        second.in_force_from,
        datetime(2026, 6, 1, tzinfo=UTC),
        None,
    )
    assert first.applies_to == {"type": ["Story", "Bug"], "points": ["<= 3"]}
    assert first.except_ == ({"labels": ["hotfix"]}, {"priority": ["Low"], "component": ["Docs"]})
    assert (first.mandatory, first.review_on, first.origin) == (True, date(2026, 7, 1), "import")
    assert first.rule == {"kind": "precedence", "first": "In Review", "then": "Done"}
    assert third.rule is None
    assert (third.title, third.why) == (second.title, "Pairs see enough")


def test_a_version_that_replaces_another_way_says_what_that_one_was_good_for() -> None:
    (problem,) = parse(FULL.replace("old_way", "# old_way")).problems
    assert (problem.key, problem.line) == ("old_way", 14)
    assert "nothing says what that was good for" in problem.what
    same = FULL.replace("old_way", "# old_way").replace('then = "Released"', 'then = "Done"')
    assert parse(same).problems == (), "the same way with other words replaces nothing"


UNSEEN = """
[[guideline]]
id = "pair-on-risky-work"
title = "Risky work is done by two"
purpose = "Nobody is alone with it"
source = "Beck, 1999"
observable = false
support = "https://example.com/pairing"
"""


def test_a_guideline_about_what_no_tracker_shows_is_not_checkable_and_not_retired() -> None:
    (version,) = parse(UNSEEN).versions
    assert (version.rule, version.retired, version.checked) == (None, False, False)
    assert in_force([version], datetime(2026, 1, 1, tzinfo=UTC)) == (version,)
    assert GuidelineVersion.from_json(version.to_json()) == version
    ruled = UNSEEN + 'rule = { kind = "precedence", first = "In Review", then = "Done" }\n'
    assert [problem.key for problem in parse(ruled).problems] == ["rule"]
    (mandatory,) = parse(UNSEEN + 'mandatory = true\nwhy = "Auditors ask"\n').problems
    assert "nothing in the tracker shows" in mandatory.what


def test_key_points_without_a_reason_are_worth_a_thought_and_no_mistake() -> None:
    points = 'key_points = ["Read the test first"]\n'
    parsed = parse(SOUND + SOUND.replace('"sound"', '"other"').replace("rule =", f"{points}rule ="))
    assert parsed.problems == ()
    assert {v.guideline for v in parsed.versions} == {"sound", "other"}, "it works all the same"
    (hint,) = parsed.hints
    assert (hint.guideline, hint.key, hint.line) == ("other", "key_points", 15)
    assert "nothing says why" in hint.what
    assert "`why`" in hint.remedy
    reasoned = SOUND.replace("rule =", f'why = "Tests tell what was meant"\n{points}rule =')
    assert parse(reasoned).hints == ()
    replaced = SOUND.replace("rule =", f"{points}rule =") + reasoned.replace(
        "rule =", "in_force_from = 2026-01-01\nrule ="
    )
    assert parse(replaced).hints == (), "what was replaced can't be mended any more"


def test_blocks_may_stand_in_any_order() -> None:
    blocks = FULL.split("[[guideline]]")[1:]
    shuffled = "".join(f"[[guideline]]{block}" for block in (blocks[1], blocks[0], blocks[2]))
    assert parse(shuffled).versions == parse(FULL).versions


def test_a_guideline_without_a_day_has_always_been_in_force() -> None:
    assert parse(SOUND).versions[0].in_force_from == ALWAYS


def test_an_empty_file_holds_no_guideline_and_no_problem() -> None:
    assert parse("") == ParsedGuidelines((), (), "guidelines/payments.toml", "")


@dataclass(frozen=True)
class Bad:
    """A mistake: `swap` in the sound guideline's text gives it, or `text` after a sound one."""

    swap: tuple[str, str]
    line: int
    key: str
    what: str
    remedy: str


RULE = 'rule = { kind = "precedence", first = "In Review", then = "Done" }'
TITLE = 'title = "Work is reviewed before it is done"'


def ruled(options: str) -> tuple[str, str]:
    return RULE, f"rule = {{ {options} }}"


MISTAKES = {
    "misspelt key": Bad(("purpose =", "purpsoe ="), 13, "purpsoe", '"purpsoe" is not a key', 'Did you mean "purpose"?'),
    "purpose missing": Bad(
        ("purpose =", "why ="), 10, "purpose", '"purpose" is missing: what it is good', "For example: p"
    ),
    "a purpose that lists steps": Bad(
        ('purpose = "For its own sake"', 'purpose = """\n1. Open it\n2) Look at it\n"""'),
        13,
        "purpose",
        '"purpose" lists steps',
        "belongs into key_points",
    ),
    "a why that lists steps": Bad(
        (TITLE, TITLE + '\nwhy = """So that\n  - first this\n  - then that\n"""'),
        13,
        "why",
        '"why" lists steps',
        "where the team can change it",
    ),
    "source missing": Bad(
        ('source = "Bacchelli & Bird, 2013"\n', ""), 10, "source", '"source" is missing', "For example"
    ),
    "title missing": Bad((f"{TITLE}\n", ""), 10, "title", '"title" is missing', 'For example: title = "Work'),
    "id missing": Bad(('id = "bad"\n', ""), 10, "id", '"id" is missing', 'For example: id = "review-before-done"'),
    "rule missing": Bad((f"{RULE}\n", ""), 10, "rule", '"rule" is missing', "For example: rule = { kind ="),
    "title empty": Bad((TITLE, 'title = "  "'), 12, "title", '"title" is empty', "Write something"),
    "title a number": Bad(
        (TITLE, "title = 12"), 12, "title", '"title" should be a valid string', "For example: title ="
    ),
    "id with spaces": Bad(('id = "bad"', 'id = "bad one"'), 11, "id", "can't be used as a name", "letters, digits"),
    "day in words": Bad((TITLE, f'{TITLE}\nin_force_from = "soon"'), 13, "in_force_from", "is not a day", "2026-01-01"),
    "day a number": Bad((TITLE, f"{TITLE}\nreview_on = 20260101"), 13, "review_on", "is not a day", "2026-01-01"),
    "mandatory in words": Bad((TITLE, f'{TITLE}\nmandatory = "yes"'), 13, "mandatory", "should be", "true or false"),
    "rule not a table": Bad(
        (RULE, 'rule = "precedence"'), 15, "rule", "should be a valid dict", "For example: rule = {"
    ),
    "kind missing": Bad(ruled('first = "A", then = "B"'), 15, "rule.kind", '"rule.kind" is missing', "Known here: "),
    "kind misspelt": Bad(ruled('kind = "precedense"'), 15, "rule.kind", "names no rule kind", 'mean "precedence"?'),
    "kind of no kind": Bad(
        ruled('kind = "xyz"'), 15, "rule.kind", "names no rule kind: 'xyz'", '"absence", "allowed_tran'
    ),
    "option misspelt": Bad(
        ruled('kind = "precedence", frist = "A", then = "B"'), 15, "rule.frist", "is not a key", 'Did you mean "first"?'
    ),
    "option missing": Bad(
        ruled('kind = "precedence", first = "A"'), 15, "rule.then", "is missing", 'For example: then = "Done"'
    ),
    "option of another type": Bad(
        ruled('kind = "absence", status = "A", at_most = "1"'), 15, "rule.at_most", "should be a valid integer", "= 1"
    ),
    "negative limit": Bad(
        ruled('kind = "absence", status = "A", at_most = -1'), 15, "rule.at_most", "greater than or equal to 0", "= 1"
    ),
    "one status twice": Bad(
        ruled('kind = "precedence", first = "Done", then = " done"'), 15, "rule", "one status as both", "two different"
    ),
    "one person's step twice": Bad(
        ruled('kind = "different_people", first = "A", then = "a"'), 15, "rule", "one status as both", "two different"
    ),
    "no duration": Bad(
        ruled('kind = "time_limit", status = "A", at_most = "2 fortnights"'),
        15,
        "rule.at_most",
        "not a duration",
        "week",
    ),
    "impossible duration": Bad(
        ruled('kind = "time_limit", status = "A", at_most = "0 days"'), 15, "rule.at_most", "impossible", "ten years"
    ),
    "both forms of a limit": Bad(
        ruled('kind = "time_limit", status = "A", from = "B", to = "C", at_most = "1 day"'),
        15,
        "rule",
        "either a status or both from and to",
        'Write status = "In Review", or from',
    ),
    "half a form of a limit": Bad(
        ruled('kind = "time_limit", from = "B", at_most = "1 day"'),
        15,
        "rule",
        "either a status or both",
        "Write status",
    ),
    "a way to where it starts": Bad(
        ruled('kind = "time_limit", from = "B", to = "b", at_most = "1 day"'),
        15,
        "rule",
        "both from and to",
        "different",
    ),
    "steps of one status twice": Bad(
        ruled('kind = "allowed_transitions", from = { Open = ["A"], open = ["B"] }'), 15, "rule", "twice", "one list"
    ),
    "no step at all": Bad(
        ruled('kind = "allowed_transitions", from = { Open = [] }'),
        15,
        "rule",
        "allows no step",
        "List what may follow",
    ),
    "steps not in a list": Bad(
        ruled('kind = "allowed_transitions", from = { Open = "Done" }'),
        15,
        "rule.from.Open",
        "should be a",
        "in brackets",
    ),
    "no field": Bad(
        ruled('kind = "required_fields", status = "A", fields = []'),
        15,
        "rule.fields",
        "at least 1 item",
        "For example",
    ),
    "applies to an empty list": Bad(
        (TITLE, f"{TITLE}\napplies_to = {{ type = [] }}"), 13, "applies_to.type", "empty list", "Name a value"
    ),
    "applies to text": Bad((TITLE, f'{TITLE}\napplies_to = "Bug"'), 13, "applies_to", "should be a table", "type = ["),
    "points in words": Bad(
        (TITLE, f'{TITLE}\napplies_to = {{ points = "few" }}'), 13, "applies_to.points", 'the text "few"', '"<= 3"'
    ),
    "a date as a value": Bad(
        (TITLE, f"{TITLE}\nexcept = {{ labels = [2026-01-01] }}"),
        13,
        "except.labels",
        "neither text nor",
        "For example",
    ),
    "an empty exception": Bad((TITLE, f"{TITLE}\nexcept = [{{}}]"), 13, "except", "at least one field", "For example"),
    "retired without a day": Bad(
        (f"{RULE}\n", f"{RULE}\nretired = true\n"), 10, "in_force_from", "is missing: the day from which", "For example"
    ),
    "nothing to retire": Bad(
        (
            f'{TITLE}\npurpose = "For its own sake"\nsource = "Bacchelli & Bird, 2013"\n{RULE}\n',
            "retired = true\nin_force_from = 2026-01-01\n",
        ),
        12,
        "retired",
        "no earlier version",
        "check the id",
    ),
    "domain unknown": Bad((TITLE, f'{TITLE}\ndomain = "complecs"'), 13, "domain", "none of the words", '"complex"?'),
    "pin unknown": Bad(
        (TITLE, f'{TITLE}\npin = "begin"'), 13, "pin", "none of the words", 'Known here: "event", "start"'
    ),
    "mandatory without a reason": Bad(
        (TITLE, f"{TITLE}\nmandatory = true"), 13, "mandatory", "nothing says why", "without a reason"
    ),
    "mandatory and only probed": Bad(
        (TITLE, f'{TITLE}\nmandatory = true\nwhy = "w"\ndomain = "chaotic"'),
        15,
        "domain",
        "nothing is checked",
        "clear",
    ),
    "looked at again before it is in force": Bad(
        (TITLE, f"{TITLE}\nin_force_from = 2026-05-01\nreview_on = 2026-04-01"),
        14,
        "review_on",
        "before it",
        "after in",
    ),
    "all of it excepted": Bad(
        (TITLE, f'{TITLE}\napplies_to = {{ type = ["Bug"] }}\nexcept = {{ type = ["Bug"] }}'),
        14,
        "except",
        "takes out all",
        "retire",
    ),
    "holds when nothing": Bad((TITLE, f"{TITLE}\nholds_when = {{}}"), 13, "holds_when", "at least one", "For example"),
    "evidence misspelt": Bad(
        (TITLE, f'{TITLE}\nevidence = [{{ observd = "EAL-1" }}]'), 13, "evidence", "is not a key", 'mean "observed"?'
    ),
    "evidence of two kinds": Bad(
        (TITLE, f'{TITLE}\nevidence = [{{ observed = "A", tested = "B" }}]'),
        13,
        "evidence",
        "either observed",
        "EAL-12",
    ),
    "key points not in a list": Bad((TITLE, f'{TITLE}\nkey_points = "one"'), 13, "key_points", "should be", "brackets"),
    "a limit of nothing": Bad(
        ruled('kind = "wip_limit", statuses = ["A"], at_most = 0'), 15, "rule.at_most", "greater than or", "= 5"
    ),
    "no status to count": Bad(
        ruled('kind = "wip_limit", statuses = [], at_most = 2'), 15, "rule.statuses", "at least 1", "In Progress"
    ),
    "one way twice": Bad(
        ruled('kind = "not_coexistence", one = "A", other = "a"'), 15, "rule", "as both one and other", "different"
    ),
    "quiet for ever": Bad(
        ruled('kind = "freshness", statuses = ["A"], at_most = "11 years"'),
        15,
        "rule.at_most",
        "not a duration",
        "week",
    ),
    "a size below nothing": Bad(
        ruled('kind = "size_limit", status = "A", at_most = -1'), 15, "rule.at_most", "greater than or equal", "= 8"
    ),
    "the opposite order": Bad(
        ruled('kind = "precedence", first = "Done", then = "In Review"'),
        15,
        "rule",
        'can\'t be followed together with "sound": it asks for the same two statuses in the opposite order',
        "Retire one",
    ),
    "ruled out and asked for": Bad(
        ruled('kind = "absence", status = "In Review"'), 15, "rule", "a status that the other rules out", "Retire one"
    ),
    "both and only one": Bad(
        ruled('kind = "not_coexistence", one = "In Review", other = "Done"'), 15, "rule", "only one of them", "Retire"
    ),
    "the same id at the same time": Bad(('id = "bad"', 'id = "sound"'), 11, "id", "the same moment", "another id"),
}


@pytest.mark.parametrize("bad", MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_named_with_line_and_remedy_and_the_other_guidelines_work(bad: Bad) -> None:
    wrong = SOUND.replace('"sound"', '"bad"').replace(
        "A second pair of eyes sees what the first can't", "For its own sake"
    )
    assert bad.swap[0] in wrong
    good = SOUND.replace("sound", "other")
    parsed = parse(SOUND + wrong.replace(*bad.swap) + good)
    told = {(p.line, p.key): p for p in parsed.problems}
    assert (bad.line, bad.key) in told, list(told)
    problem = told[bad.line, bad.key]
    assert bad.what in problem.what
    assert problem.what.endswith(".")
    assert bad.remedy in problem.remedy
    assert str(problem).startswith(f"guidelines/payments.toml, line {bad.line}")
    kept = {v.guideline for v in parsed.versions}
    assert "other" in kept
    assert "bad" not in kept
    assert ("sound" in kept) == (bad.key != "id" or "sound" not in bad.swap[1])


def test_there_are_mistakes_enough_in_the_table() -> None:
    assert len(MISTAKES) >= 40


def test_guidelines_for_different_issues_or_times_contradict_nothing() -> None:
    other = SOUND.replace('"sound"', '"other"').replace(
        'first = "In Review", then = "Done"', 'first = "Done", then = "In Review"'
    )
    assert parse(SOUND + other).problems
    assert not parse(SOUND + other.replace("rule =", 'applies_to = { type = ["Bug"] }\nrule =')).problems
    ended = SOUND + '[[guideline]]\nid = "sound"\nretired = true\nin_force_from = 2026-01-01\n'
    assert not parse(ended + other.replace("rule =", "in_force_from = 2026-01-01\nrule =")).problems


def test_all_mistakes_of_a_guideline_are_told_at_once() -> None:
    text = '[[guideline]]\nid = "x"\ntitel = "T"\nrule = { kind = "time_limit", at_most = "soon" }\n'
    assert {(p.line, p.key) for p in parse(text).problems} == {
        (3, "titel"),
        (1, "title"),
        (1, "purpose"),
        (1, "source"),
        (4, "rule.at_most"),
    }


def test_a_mistake_in_one_version_leaves_the_whole_guideline_out() -> None:
    """The version before would go on judging what people meant to change."""
    parsed = parse(FULL.replace('then = "Released"', 'than = "Released"'))
    assert parsed.versions == ()
    assert {p.guideline for p in parsed.problems} == {"review-before-done"}


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ('[[guideline]]\nid = "x\n', 2, "This is not TOML: Illegal character"),
        ("[[guideline]]\nid = \n", 2, "This is not TOML: Invalid value"),
        ('[[guideline]]\nid = "x"\nid = "y"\n', 3, "This is not TOML: Cannot overwrite a value"),
        ('[guideline]\nid = "x"\n', 1, '"guideline" is not a list of tables'),
        ('# ours\n\n[[guidelines]]\nid = "x"\n', 3, '"guidelines" is not a key that can be used here.'),
        ('team = "Payments"\n', 1, '"team" is not a key that can be used here.'),
    ],
)
def test_a_file_of_another_shape_is_told_with_the_line(text: str, line: int, what: str) -> None:
    parsed = parse(text)
    assert parsed.versions == ()
    (problem,) = parsed.problems
    assert problem.line == line
    assert what in problem.what
    assert problem.remedy


def test_lines_are_found_in_every_way_of_writing_toml() -> None:
    text = '''\
[[guideline]]
id = "one"
title = """
[[guideline]]
rule.kind = 3
"""
purpose = "p"
source = "s"
why = [

[[ guideline ]]  # the second
"id" = "two"
title = "t"
purpose = "p"
source = "s"
rule.kind = "precedence"
rule.first = "Open"
rule.than = "Done"

[[guideline]]
id = "three"
title = "t"
purpose = "p"
source = "s"
[guideline.rule]
kind = "time_limit"
status = "Open"

at_most = "late"
[guideline.applies_to]
type = [
    "Bug",
]
points = "few"
'''.replace("why = [\n", 'why = ["no text"]\n')
    assert {(p.guideline, p.line, p.key) for p in parse(text).problems} == {
        ("one", 9, "why"),
        ("one", 1, "rule"),
        ("two", 18, "rule.than"),
        ("two", 16, "rule.then"),
        ("three", 29, "rule.at_most"),
        ("three", 34, "applies_to.points"),
    }


def test_guidelines_in_one_list_are_read_too() -> None:
    text = '\nguideline = [{ id = "x", title = "t", purpose = "p", source = "s", rul = 1 }]\n'
    assert {(p.line, p.key) for p in parse(text).problems} == {(2, "rul"), (2, "rule")}


def test_names_that_the_tracker_does_not_know_are_told_with_the_nearest_it_does() -> None:
    text = SOUND + SOUND.replace('"sound"', '"other"').replace(
        'first = "In Review"', 'first = "In Reveiw"'
    ).replace("rule =", 'applies_to = { "Custmer Tier" = ["Gold"] }\nexcept = { zzz = 1 }\nrule =')  # fmt: skip
    parsed = parse(text)
    assert parsed.problems == ()
    status, field, nothing = parsed.unknown_names(VOCABULARY)
    assert (status.guideline, status.line, status.key) == ("other", 17, "rule")
    assert status.what == 'The tracker has no status "In Reveiw".'
    assert status.remedy == 'Did you mean "In Review"?'
    assert (field.line, field.key, field.remedy) == (15, "applies_to", 'Did you mean "Customer Tier"?')
    assert (nothing.line, nothing.key) == (16, "except")
    assert nothing.remedy.startswith('Known here: "Components", "Customer Tier"')


def test_stored_versions_are_checked_for_names_without_a_file() -> None:
    fields = {"kind": "required_fields", "status": "Zzz", "fields": ["Labels", "Story Poinst", "priority"]}
    first, second = check_names(version(fields, applies_to={"team": ["Payments"], "type": ["Bug"]}), VOCABULARY)
    assert str(first) == (
        'version 1, guideline review-before-done: The tracker has no status "Zzz". Known here: '
        '"Blocked", "Done", "In Progress", "In Review", "Open".'
    )
    assert second.remedy == 'Did you mean "Story Points"?'
    assert check_names(version(None), VOCABULARY) == []


def test_every_kind_can_be_written_in_a_file() -> None:
    for name, kind in rule_kinds.items():
        options = kind.model_validate(kind.PASS.options).plain()
        lines = "".join(f"{key} = {_toml(value)}\n" for key, value in options.items())
        (read,) = parse(SOUND.replace(RULE, f"[guideline.rule]\n{lines}")).versions
        assert read.rule == options, name


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f'"{k}" = {_toml(v)}' for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)
