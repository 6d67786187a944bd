"""What a cycle hands to each template, with the values of the rooms that make them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from eal_jira.documents import one_line
from eal_jira.learning.adoption import Adoption, Share
from eal_jira.learning.evidence import Evidence, Verdict
from eal_jira.learning.practices import Practice
from eal_jira.learning.wording import Phrase
from eal_jira.process.versions import GuidelineVersion
from eal_jira.reflection.guideline_page import Stillness, page

Words = Callable[[str], str]


def evidence(say: Words, verdict: Verdict = Verdict.BETTER, *, medians: bool = True) -> Evidence:
    return Evidence(
        verdict=verdict,
        sentence=say("In 9 of 10 comparisons the issue done this way finished sooner (24 issues against 150)."),
        phrase=Phrase("finished sooner", "finished later"),
        level=0.05,
        n_trial=24,
        n_comparison=150,
        outside_trial=0,
        outside_comparison=0,
        effect=0.92 if medians else None,
        low=0.84 if medians else None,
        high=0.96 if medians else None,
        median_trial=3.07 if medians else None,
        median_comparison=6.05 if medians else None,
    )


def practice(say: Words, verdict: Verdict = Verdict.BETTER, returns: Verdict = Verdict.CANNOT_TELL) -> Practice:
    return Practice(
        team=say("Payments"),
        guideline="review-before-done",
        version=1,
        title=say("Work is reviewed before it is done"),
        signature="no In Review",
        label=say("Done without In Review"),
        verdict=verdict,
        trial=tuple(str(number) for number in range(24)),
        comparison=tuple(str(number) for number in range(100, 250)),
        outside=("3",),
        unfinished_trial=2,
        unfinished_comparison=11,
        evidence={
            "cycle_time": evidence(say, Verdict.BETTER if verdict is Verdict.BETTER else Verdict.CANNOT_TELL),
            "returns": evidence(say, returns, medians=returns is not Verdict.CANNOT_TELL),
        },
        condition={"component": (say("Web"), say("Shop front"))},
        held_equal=(say("type"), "priority"),
        not_held_equal=(say("size"),),
        sentences=(say("24 finished issues departed in the same way."),),
    )


def version(say: Words) -> GuidelineVersion:
    return GuidelineVersion(
        guideline="review-before-done",
        version=2,
        in_force_from=datetime(2026, 3, 12, 9, tzinfo=UTC),
        title=say("Work is reviewed before it is done"),
        purpose=say("A second pair of eyes sees what the first can't"),
        source=say("Bacchelli & Bird, 2013"),
        rule={"kind": "precedence", "first": "In Review", "then": "Done"},
    )


def proposal(say: Words) -> dict[str, object]:
    return {
        "team": say("Payments"),
        "current": version(say),
        "change": (say("exception added: component is Web"), say("mandatory from now on")),
        "practice": practice(say),
        "experiment": None,
        "suggestion": None,
        "picture": {"name": "evidence", "caption": say("Practice: Done without Review"), "file": True},
        "earlier": {
            "state": "declined",
            "decided": datetime(2026, 2, 1, 9, tzinfo=UTC),
            "reason": one_line(say("Reviews have found too much lately.")),
        },
        "issues": [
            {"key": say("PAY-12"), "url": "https://tracker.example.com/browse/PAY-12"},
            {"key": say("PAY-9"), "url": "https://tracker.example.com/browse/PAY-9"},
        ],
        "more_issues": 22,
        "options": {"approve": say("Approved"), "try_first": say("Try first"), "decline": say("Declined")},
        "decide_by": date(2026, 3, 26),
    }


def retro(say: Words) -> dict[str, object]:
    seen = [
        {
            "practice": practice(say),
            "guideline": say("Work is reviewed before it is done"),
            "proposal": {"key": say("EAL-3"), "url": "https://tracker.example.com/browse/EAL-3"},
        },
        {
            "practice": practice(say, Verdict.WORSE, Verdict.WORSE),
            "guideline": say("A bug is reproduced before it is worked on"),
            "proposal": None,
        },
        {
            "practice": practice(say, Verdict.CANNOT_TELL),
            "guideline": say("Reviews take at most two working days"),
            "proposal": None,
        },
    ]
    return {
        "team": say("Payments"),
        "period": say("1–31 March 2026"),
        "first_day": date(2026, 3, 1),
        "last_day": date(2026, 3, 31),
        "data_until": datetime(2026, 4, 1, 9, 5, tzinfo=UTC),
        # the one field that keeps its paragraphs; on one line here, so that a document's form can be compared
        "goal": one_line(say("Refunds work without a call to support.")),
        "finished": 41,
        "unfinished": 17,
        "min_group": 5,
        "flow": [
            {
                "outcome": say("Issues finished"),
                "outcome_value": say("41"),
                "process": say("in work at the same time, median"),
                "process_value": say("12"),
            },
            {
                "outcome": say("Cycle time, median"),
                "outcome_value": say("3.4 days"),
                "process": say("share of it spent waiting"),
                "process_value": say("61 %"),
            },
            {
                "outcome": say("Came back after done"),
                "outcome_value": say("6 of 41"),
                "process": say("went through review"),
                "process_value": say("28 of 41"),
            },
        ],
        "figures": [
            {"name": "cycle-time", "caption": say("How long did finished work take?")},
            {"name": "ageing", "caption": say("How old is the work in progress?")},
        ],
        "learning_figures": [
            {"name": "deviations-per-guideline", "caption": say("How often did we depart from which guideline?")},
            {"name": "experiment-1", "caption": say("Does pairing help?")},
        ],
        "departures": seen,
        "others": [{"guideline": say("A started issue has an assignee"), "issues": 7}],
        "decisions": [
            {
                "title": say("Web changes go without review"),
                "state": "approved",
                "key": say("EAL-1"),
                "url": "https://tracker.example.com/browse/EAL-1",
                "day": date(2026, 3, 12),
                "answer": say("I do not know either; let us see."),
            }
        ],
        "waiting": [
            {
                "title": say("Small bugs need no reproduction"),
                "key": say("EAL-3"),
                "url": "https://tracker.example.com/browse/EAL-3",
                "since": date(2026, 3, 28),
                "days": 3,
            }
        ],
        "experiments": [
            {
                "title": say("Pairing instead of a review"),
                "hypothesis": say("Pairs finish sooner"),
                "state": say("gathering"),
                "sentences": [say("It takes about 12 more issues.")],
                "key": say("EAL-8"),
                "url": "https://tracker.example.com/browse/EAL-8",
            }
        ],
        "surprises": [
            {"text": say("Took long:"), "issues": [(say("PAY-4"), "https://tracker.example.com/browse/PAY-4")]},
            {"text": say("“Done without Testing” was seen for the first time"), "issues": []},
        ],
        "asked": {"questions": 7, "answered": 5, "topics": [say("refunds")]},
        "actions": [
            {
                "text": say("Pair on the next migration"),
                "key": say("EAL-7"),
                "url": "https://tracker.example.com/browse/EAL-7",
                "done": True,
                "day": date(2026, 3, 20),
            },
            {"text": say("Ask the shop"), "key": "", "url": "", "done": False, "day": date(2026, 3, 2)},
        ],
        "said": [
            {"text": say("Ask the shop"), "key": say("EAL-6"), "url": "https://t.example/6", "since": date(2026, 1, 2)}
        ],
        "manager_question": say("What would you stop doing?"),
        "reflection": {"said": say("2 of 3 planned hours were used for reflection")},
        "questions": [say("Reviews took longest on Mondays: what happens then?"), say("What would halve the waiting?")],
        "stillness": 9,
        "host": say("a tester"),
        "useful": [
            {
                "what": say("Pairs need no review"),
                "outcome": say("works"),
                "grade": say("tested"),
                "key": say("EAL-8"),
                "url": "https://tracker.example.com/browse/EAL-8",
                "elsewhere": 7,
            },
            {
                "what": say("Ask early"),
                "outcome": say("told by the team"),
                "grade": "opinion",
                "key": "",
                "url": "",
                "elsewhere": 2,
            },
        ],
        "about": [
            {"name": say("Working time"), "value": say("Monday to Friday, 9 to 17, Europe/Berlin")},
            {"name": say("Guidelines"), "value": say("6, newest version of 12 March 2026")},
        ],
    }


def action(say: Words) -> dict[str, object]:
    return {"team": say("Payments"), "action": one_line(say("Pair on it")), "retro": say("Payments: retro March")}


def scorecard(say: Words) -> dict[str, object]:
    indicator = {
        "name": say("Retros with a question"),
        "now": say("2 of 3"),
        "before": say("none"),
        "trend": "up",
        "flag": say("No experiment for a whole quarter."),
    }
    contrast = {
        "title": say("Change is normal"),
        "efficiency": say("Changes are rare."),
        "learning": say("Small changes are a way of life."),
        "indicators": [indicator, {**indicator, "flag": "", "trend": "cannot tell yet"}],
        "move": say("Try one small thing."),
    }
    return {
        "team": say("Payments"),
        "until": date(2026, 4, 1),
        "contrasts": [contrast],
        "phases": [
            {"name": say("Reflection"), "what": say("a habit"), "missing": [say("It has no owner.")]},
            {"name": say("Guidelines"), "what": say("a start"), "missing": []},
        ],
        "times": [{"title": say("Payments: retro March"), "planned": 3.0, "used": 1.5}],
    }


def digest(say: Words) -> dict[str, object]:
    waiting = {
        "title": say("Small bugs need no reproduction"),
        "key": say("EAL-3"),
        "url": "https://tracker.example.com/browse/EAL-3",
        "days": 16,
        "late": True,
        "change": [say("exception added: type is Bug")],
        "evidence": [say("24 finished issues departed in the same way."), say("They finished sooner.")],
    }
    running = {"title": say("Pairing"), "state": say("gathering"), "sentence": say("It takes 12 more issues.")}
    return {
        "until": date(2026, 4, 1),
        "teams": [
            {
                "team": say("Payments"),
                "waiting": [waiting],
                "experiments": [running],
                "questions": [say("What is the waiting costing you?")],
                "question_missing": True,
            },
            {
                "team": say("Search"),
                "waiting": [],
                "experiments": [],
                "questions": [say("What would you like to try?")],
                "question_missing": False,
            },
        ],
    }


def deviation_comment(say: Words, *, mandatory: bool = False) -> dict[str, object]:
    return {
        "issue": say("PAY-7"),
        "guideline": say("Work is reviewed before it is done"),
        "version": 2,
        "sentence": say("This went from In Progress to Done without In Review: what made that the better way?"),
        "mandatory": say("Auditors ask for two people.") if mandatory else "",
        "steward": say("the people on support duty") if mandatory else "",
        "decided": {
            "state": "approved",
            "decided": datetime(2026, 3, 12, 9, tzinfo=UTC),
            "reason": one_line(say("It halves the waiting.")),
            "version": 2,
        },
    }


def guidelines(say: Words) -> dict[str, object]:
    first = version(say)
    current = replace(
        first,
        version=2,
        old_way=say("One could ship alone at night"),
        support=say("The checklist on the wall"),
        why=say("Two refunds went out twice"),
        steward=say("the people on support duty"),
        key_points=(say("Read the test first"),),
        open_questions=(say("Does a pair need a review?"),),
        review_on=date(2026, 7, 1),
        pin="start",
        holds_when={"component": [say("Web")]},
        except_=({"labels": [say("hotfix")]},),
    )
    seen = {current.guideline: [(say("Done without In Review"), 24), (say("Done without Testing"), 2)]}
    told = [practice(say), practice(say, Verdict.WORSE)]
    ended = replace(first, guideline="old", rule=None, retired=True)
    unseen = replace(first, guideline="unseen", rule=None)
    still = Stillness({}, datetime(2026, 1, 1, tzinfo=UTC), timedelta(days=180))
    content = page([first, current, ended, unseen], datetime(2026, 9, 1, tzinfo=UTC), UTC, seen, told, 5, still)
    return {"team": say("Payments"), **content}


def review(say: Words) -> dict[str, object]:
    current = replace(version(say), review_on=date(2026, 7, 1), open_questions=(say("Does a pair need a review?"),))
    ways = [{"label": say("Done without In Review"), "issues": 24}]
    return {"team": say("Payments"), "version": current, "rule": say("It is reviewed."), "seen": ways, "reversed": ""}


def decision_note(say: Words, state: str = "approved") -> dict[str, object]:
    return {
        "state": state,
        "version": version(say) if state == "approved" else None,
        "change": [say("exception added: component is Web")],
        "decided": datetime(2026, 3, 12, 9, tzinfo=UTC),
    }


def not_decided(say: Words) -> dict[str, object]:
    return {"choice": say("approved")}


def ask_reason(say: Words) -> dict[str, object]:
    return {"choice": say("approved")}


def at_odds(say: Words) -> dict[str, object]:
    return {"choices": [say("approved"), say("declined")]}


def shown_again(say: Words) -> dict[str, object]:
    return {"choice": say("approved"), "change": [say("exception added: component is Web")]}


def renewed(say: Words) -> dict[str, object]:
    return {"practice": practice(say, Verdict.WORSE, Verdict.WORSE), "picture": True}


def suggestion_answer(say: Words) -> dict[str, object]:
    ticket = {"key": say("EAL-3"), "url": "https://tracker.example.com/browse/EAL-3"}
    return {"why": "busy", "guideline": "review", "guidelines": ["review", "ready"], "open": ticket}


def decided(say: Words) -> dict[str, object]:
    reason = one_line(say("It halves the waiting."))
    return {"state": say("approved"), "decided": datetime(2026, 3, 12, 9, tzinfo=UTC), "reason": reason}


def tried(say: Words) -> dict[str, object]:
    experiment = {
        "title": say("Payments: try it on purpose"),
        "hypothesis": say("It finishes sooner."),
        "key": say("EAL-7"),
        "url": "https://tracker.example.com/browse/EAL-7",
        "sentences": [say("It works: the evidence is 25, and 20 is enough.")],
    }
    options = {"approve": say("Approved"), "decline": say("Declined")}
    return {"experiment": experiment, "state": "works", "options": options}


def what_changed(say: Words) -> dict[str, object]:
    return {
        "guideline": say("Work is reviewed before it is done"),
        "version": 2,
        "since": datetime(2026, 3, 12, 9, tzinfo=UTC),
        "change": [say("exception added: component is Web")],
        "reason": one_line(say("It halves the waiting.")),
    }


def adoption(say: Words) -> dict[str, object]:
    return {
        "adoption": Adoption(
            before=Share(40, 3, 12, 0.3, 0.18, 0.45),
            since=Share(22, 5, 19, 0.86, 0.67, 0.95),
            outcome="cycle_time",
            evidence=evidence(say),
            sentence=say("Since the change 19 of 22 finished issues were done the new way."),
        ),
        "version": 2,
    }


def experiment(say: Words, *, waits: bool = True) -> dict[str, object]:
    return {
        "plan": {"Team": say("Payments"), "Hypothesis": say("Reviewed while it is written, a story is done sooner.")},
        "origin": {"key": say("EAL-1"), "url": "https://tracker.example.com/browse/EAL-1"},
        "waits": waits,
    }


def experiment_state(say: Words, state: str = "gathering") -> dict[str, object]:
    return {
        "state": state,
        "plan": {"Team": say("Payments"), "Compared with": "same period"},
        "begun": datetime(2026, 3, 12, 9, tzinfo=UTC),
        "strata": (say("type"), say("size")),
        "sentences": (say("In 7 of 10 comparisons the issue done the new way finished sooner."),),
        "trial": 12,
        "size": 40,
        "late": 2,
        "fingerprint": "0123456789ab",
    }


def experiment_asks(say: Words) -> dict[str, object]:
    return {"missing": {"Scope": say("which issues take part?"), "Ends": say("when is it over?")}}


def experiment_beyond(say: Words) -> dict[str, object]:
    return {"why": say("more than 60 issues would take part")}


def experiment_waits(_say: Words) -> dict[str, object]:
    return {"running": 2, "most": 2}


def experiment_fixed(_say: Words) -> dict[str, object]:
    return {"begun": datetime(2026, 3, 12, 9, tzinfo=UTC)}


def experiment_reason(_say: Words) -> dict[str, object]:
    return {}


CONTEXTS: dict[str, Callable[[Words], dict[str, object]]] = {
    "retro.md": retro,
    "proposal.md": proposal,
    "deviation_comment.md": deviation_comment,
    "decision_note.md": decision_note,
    "not_decided.md": not_decided,
    "ask_reason.md": ask_reason,
    "at_odds.md": at_odds,
    "shown_again.md": shown_again,
    "renewed.md": renewed,
    "what_changed.md": what_changed,
    "tried.md": tried,
    "decided.md": decided,
    "suggestion_answer.md": suggestion_answer,
    "adoption.md": adoption,
    "guidelines.md": guidelines,
    "review.md": review,
    "experiment.md": experiment,
    "experiment_state.md": experiment_state,
    "experiment_asks.md": experiment_asks,
    "experiment_beyond.md": experiment_beyond,
    "experiment_waits.md": experiment_waits,
    "experiment_fixed.md": experiment_fixed,
    "experiment_reason.md": experiment_reason,
    "action.md": action,
    "scorecard.md": scorecard,
    "digest.md": digest,
}


def plainly(text: str) -> str:
    """Says what it was asked to say."""
    return text
