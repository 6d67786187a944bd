"""Templates: ours, a team's own in their place, and clear words where one can't be used."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import jinja2.meta
import pytest

from eal_jira.documents import Templates, render
from eal_jira.documents.templates import packaged_folder
from eal_jira.errors import ConfigError
from tests.documents.contexts import CONTEXTS, adoption, decision_note, plainly, retro

BANNED = re.compile(r"violat|offend|non-complian|culprit|\bblame|\bfault", re.IGNORECASE)


def of(tmp_path: Path, source: str, **context: object) -> str:
    (tmp_path / "own.md").write_text(source, encoding="utf-8")
    return Templates(tmp_path).render("own.md", context)


@pytest.mark.parametrize("name", CONTEXTS)
def test_every_variable_of_a_template_is_described_at_its_top_and_nothing_else(name: str) -> None:
    source = (packaged_folder() / name).read_text(encoding="utf-8")
    head = source[source.index("{#-") : source.index("-#}")]
    described = set()
    for line in head.splitlines():
        if re.match(r"  \w[\w, ]*?  ", line):
            described |= set(re.findall(r"\w+", line.strip().split("  ")[0]))
    used = jinja2.meta.find_undeclared_variables(Templates()._environment.parse(source))
    assert used <= described
    assert described == set(CONTEXTS[name](plainly))


@pytest.mark.parametrize("path", sorted(packaged_folder().glob("*.md")), ids=lambda path: path.name)
def test_no_template_speaks_of_people_as_wrongdoers(path: Path) -> None:
    assert not BANNED.search(path.read_text(encoding="utf-8"))
    assert path.name in CONTEXTS


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("approved", "[Approved] The guideline Work is reviewed before it is done has a new version 2"),
        ("tried first", "[Try it first] Decided on 12 March 2026: the guideline stays as it is for now"),
        ("declined", "[Declined] Decided on 12 March 2026: the guideline stays as it is."),
        ("overtaken", "[Overtaken] This was approved on 12 March 2026, but the guideline has changed"),
    ],
)
def test_each_decision_is_said_in_its_own_words(state: str, said: str) -> None:
    assert said in render(Templates().render("decision_note.md", decision_note(plainly, state)), "text")


def test_too_few_issues_give_no_share() -> None:
    context = adoption(plainly)
    whole = context["adoption"]
    assert hasattr(whole, "since")
    thin = replace(whole, since=replace(whole.since, share=None, low=None, high=None, doing_it=None))  # type: ignore[type-var]
    said = render(Templates().render("adoption.md", {**context, "adoption": thin}), "text")
    assert re.search(r"Done the new way +30 % \(18 % to 45 %\) +too few to tell", said)


def test_a_retro_of_a_quiet_time_still_asks_its_questions() -> None:
    lists = (
        "flow figures learning_figures departures others experiments surprises decisions waiting actions said questions"
    )
    lists += " about"
    empty: Mapping[str, object] = dict.fromkeys(lists.split(), ())
    thin = {
        "goal": "",
        "finished": 0,
        "asked": None,
        "manager_question": "",
        "reflection": None,
        "stillness": None,
    }
    said = render(Templates().render("retro.md", {**retro(plainly), **empty, **thin}), "text")
    assert "no issues finished" in said
    assert "Nobody wrote a goal into the tracker" in said
    assert "too few for figures" in said
    assert "No departures were seen" in said
    assert "nothing waits for a decision" in said
    assert "1. What did somebody do differently" in said
    still = render(Templates().render("retro.md", {**retro(plainly), **empty, "stillness": 9}), "text")
    assert "For 9 weeks we have tried nothing on purpose." in still


def test_what_made_more_rework_says_so() -> None:
    said = render(Templates().render("retro.md", retro(plainly)), "text")
    part = said[said.index("A bug is reproduced before it is worked on") :]
    assert part.index("[made more rework]") < part.index("cannot tell yet") < part.index("Reviews take at most")


def test_a_file_in_the_teams_folder_takes_the_place_of_ours(tmp_path: Path) -> None:
    (tmp_path / "not_decided.md").write_text("Ahoy, {{ choice }}!")
    templates = Templates(tmp_path)
    assert templates.render("not_decided.md", {"choice": "approved"}) == "Ahoy, approved!"
    assert "neutral" not in templates.render("deviation_comment.md", CONTEXTS["deviation_comment.md"](plainly))


def test_values_are_escaped_and_what_our_filters_make_is_not(tmp_path: Path) -> None:
    assert of(tmp_path, "{{ a }} {{ a | link('https://x.example/?b&c') }} {{ a | chip('good') }}", a="*x*") == (
        r"\*x\* [\*x\*](<https://x.example/?b&amp;c>) [\*x\*](chip:good)"
    )
    assert of(tmp_path, "{{ a | link('javascript:x') }}", a="*x*") == r"\*x\*"
    assert of(tmp_path, "{{ a ~ '*y*' }}", a="*x*") == r"\*x\*\*y\*"
    assert of(tmp_path, "{{ a | upper }}{% set b = a %}{{ b }}", a="*x*") == r"\*X\*\*x\*"
    # text put together inside a template is text again: escaped twice rather than not at all
    assert of(tmp_path, "{% set b %}{{ a }}{% endset %}{{ b }}", a="<") == r"&#92;\<"


def test_code_and_quotations_hold_any_text(tmp_path: Path) -> None:
    assert of(tmp_path, "{{ a | code }}", a="x ``y`` `") == "``` x ``y`` ` ```"
    assert of(tmp_path, "{{ a | fenced('diff') }}", a="- a\n```\n+ b") == "````diff\n- a\n```\n+ b\n````\n"
    assert of(tmp_path, "{{ a | quote }}", a="# one\n\n> two") == "> \\# one\n>\n> \\> two\n"


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("one\n{{ nobody }}", "line 2: 'nobody' is undefined"),
        ("one\n\n{% if x %}", "line 3: Unexpected end of template"),
        ("{{ x.__class__.__mro__ }}", "line 1: access to attribute '__class__'"),
        ("{% include 'gone.md' %}", "there is no such template"),
        ("{{ none }}", "line 1: a value that is printed is None"),
        ("{{ 'x' | chip('loud') }}", "line 1: 'loud' is no tone of a chip"),
        ("{{ 'x' | figure('../x') }}", "line 1: '../x' is no name of a figure"),
        ("{{ 1 + 'x' }}", "line 1: unsupported operand"),
        ("{{ [].append(1) }}", "line 1: "),
    ],
)
def test_a_template_that_can_not_be_used_is_told_with_place_and_remedy(
    source: str, problem: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError) as told:
        of(tmp_path, source)
    assert problem in str(told.value)
    assert "then our own is used" in told.value.remedy


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        Templates(tmp_path / "gone")
