"""The tables. Rules that the database can keep, it keeps: keys are primary keys, and duplicates can't be stored.

Times are whole microseconds since 1970 UTC (`Moment`): exact, sortable, and the same on every database.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    TypeDecorator,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Unreadable(ValueError):
    """A stored value is none that we ever store."""


def microseconds(value: datetime | None) -> int | None:
    """Since 1970 UTC. A naive moment is refused."""
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError("a moment without a time zone can't be stored")
    return (value - _EPOCH) // _MICROSECOND


class Moment(TypeDecorator[datetime]):
    """An aware datetime, stored as microseconds since 1970 UTC. A naive one is refused."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return microseconds(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        try:
            return _EPOCH + timedelta(microseconds=value)
        except (OverflowError, TypeError) as error:
            raise Unreadable(f"{value!r} is no moment") from error


_JSON = JSON(none_as_null=True)

metadata = MetaData(
    naming_convention={"ix": "ix_%(table_name)s_%(column_0_N_name)s", "pk": "pk_%(table_name)s"},
)


def _seal() -> Column[bytes]:
    """A hash over the rest of the row (`store.sealed`)."""
    return Column("seal", LargeBinary, nullable=False)


# Small facts about this installation: the pseudonym key, when things were last done.
meta = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    _seal(),
)

# --- the mirror -----------------------------------------------------------------------------------------------

# How far each scope has been read. `complete`: start (tracker's clock) of the last complete pass; `started` and
# `cursor`: the pass that is going on.
watermarks = Table(
    "watermarks",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("complete", Moment),
    Column("started", Moment),
    Column("cursor", Text),
    _seal(),
)

issues = Table(
    "issues",
    metadata,
    Column("id", Text, primary_key=True),
    Column("key", Text, nullable=False, index=True),
    Column("project", Text, nullable=False, index=True),
    Column("type", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("created", Moment, nullable=False),
    Column("updated", Moment, nullable=False),
    Column("resolved", Moment),
    Column("priority", Text),
    Column("creator", Text),
    Column("reporter", Text),
    Column("assignee", Text),
    Column("labels", _JSON, nullable=False),
    Column("components", _JSON, nullable=False),
    Column("points", Float),
    Column("parent", Text),
    Column("sprints", _JSON, nullable=False),
    Column("links", _JSON, nullable=False),
    Column("fields", _JSON, nullable=False),
    Column("property", _JSON),
    # "present", "archived", "unseen" or "gone"; only present ones are judged anew
    Column("presence", Text, nullable=False, server_default="present"),
    # SHA-256 of everything above, the changes, comments and worklogs: equal means nothing to do
    Column("hash", LargeBinary, nullable=False),
)

changes = Table(
    "changes",
    metadata,
    Column("issue_id", Text, nullable=False),
    Column("history_id", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    Column("actor", Text),
    Column("field", Text, nullable=False),
    Column("from_id", Text),
    Column("from_text", Text),
    Column("to_id", Text),
    Column("to_text", Text),
    PrimaryKeyConstraint("issue_id", "history_id", "position"),
)

comments = Table(
    "comments",
    metadata,
    Column("issue_id", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("updated", Moment, nullable=False),
    Column("actor", Text),
    Column("text", Text, nullable=False),
    Column("marker", Text),
    PrimaryKeyConstraint("issue_id", "id"),
)

worklogs = Table(
    "worklogs",
    metadata,
    Column("issue_id", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("updated", Moment, nullable=False),
    Column("started", Moment, nullable=False),
    Column("seconds", Integer, nullable=False),
    Column("actor", Text),
    PrimaryKeyConstraint("issue_id", "id"),
)

# Not part of an issue's hash: they are read by themselves.
remote_links = Table(
    "remote_links",
    metadata,
    Column("issue_id", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("global_id", Text, nullable=False),
    Column("relationship", Text, nullable=False),
    Column("application", Text, nullable=False),
    PrimaryKeyConstraint("issue_id", "id"),
)

# When an issue was last read by itself with all that belongs to it, remote links too (tracker's clock). No row: never.
readings = Table(
    "readings",
    metadata,
    Column("issue_id", Text, primary_key=True),
    Column("at", Moment, nullable=False, index=True),
)

# Issues of teams that are a board or a query; teams of projects need no rows.
members = Table(
    "members",
    metadata,
    Column("team", Text, nullable=False),
    Column("issue_id", Text, nullable=False),
    PrimaryKeyConstraint("team", "issue_id"),
)

statuses = Table(
    "statuses",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("category", Text, nullable=False),
    _seal(),
)

fields = Table(
    "fields",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    _seal(),
)

sprints = Table(
    "sprints",
    metadata,
    Column("team", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("start", Moment),
    Column("end", Moment),
    Column("completed", Moment),
    Column("goal", Text, nullable=False),
    _seal(),
    PrimaryKeyConstraint("team", "id"),
)

# What a later stage still has to look at. Written in the transaction that made it necessary, deleted in the one
# that dealt with it: a cycle killed anywhere goes on where it was. `team` is '' where the stage knows no teams.
work = Table(
    "work",
    metadata,
    Column("stage", Text, nullable=False),
    Column("team", Text, nullable=False),
    Column("issue_id", Text, nullable=False),
    PrimaryKeyConstraint("stage", "team", "issue_id"),
)

set_aside = Table(
    "set_aside",
    metadata,
    Column("kind", Text, nullable=False),
    Column("ref", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("since", Moment, nullable=False),
    PrimaryKeyConstraint("kind", "ref"),
)

# Webhook deliveries, by the sender's identifier: a repeated one is recognised.
deliveries = Table(
    "deliveries",
    metadata,
    Column("adapter", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("received", Moment, nullable=False, index=True),
    Column("set_aside", Text, nullable=False),
    PrimaryKeyConstraint("adapter", "id"),
)

# Issues that a complete listing no longer showed: when first and last, in how many listings, and what was found out.
missing = Table(
    "missing",
    metadata,
    Column("issue_id", Text, primary_key=True),
    Column("since", Moment, nullable=False),
    Column("listings", Integer, nullable=False),
    Column("presence", Text, nullable=False),
)

# Where the tracker has asked for patience, until when; survives a restart.
bans = Table(
    "bans",
    metadata,
    # "" for the whole site, else an endpoint or an issue; "pages:NAME" for a place for pages
    Column("what", Text, primary_key=True),
    Column("until", Moment, nullable=False),
    Column("reason", Text, nullable=False),
)

# --- the process ----------------------------------------------------------------------------------------------

events = Table(
    "events",
    metadata,
    Column("issue_id", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    Column("activity", Text, nullable=False),
    Column("from", Text),
    Column("to", Text),
    Column("actor", Text),
    PrimaryKeyConstraint("issue_id", "seq"),
)

stays = Table(
    "stays",
    metadata,
    Column("issue_id", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("entered", Moment, nullable=False),
    Column("left", Moment),
    PrimaryKeyConstraint("issue_id", "seq"),
)

teams = Table(
    "teams",
    metadata,
    Column("name", Text, primary_key=True),
    Column("first_cycle", Moment, nullable=False),
    # the plan of the first run was approved (nothing is written for the team before)
    Column("approved", Moment),
    # hash of guidelines, calendar and settings that the team's issues were last judged by
    Column("judged_by", Text),
    # the team's usual order of statuses, learnt from its finished issues, and from how many
    Column("status_order", _JSON, nullable=False),
    Column("order_from", Integer, nullable=False),
    # something new to evaluate since the last evaluation
    Column("stale", Boolean, nullable=False),
    _seal(),
)

guideline_versions = Table(
    "guideline_versions",
    metadata,
    Column("team", Text, nullable=False),
    Column("guideline", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("in_force_from", Moment, nullable=False),
    # "import" or the key of the proposal that made it
    Column("origin", Text, nullable=False),
    Column("body", _JSON, nullable=False),
    _seal(),
    PrimaryKeyConstraint("team", "guideline", "version"),
)

deviations = Table(
    "deviations",
    metadata,
    Column("key", Text, primary_key=True),
    Column("team", Text, nullable=False),
    Column("issue_id", Text, nullable=False, index=True),
    Column("guideline", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    Column("events", _JSON, nullable=False),
    Column("signature", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("opened", Moment, nullable=False),
    # when a re-check no longer found it (history corrected, rule withdrawn); None: it stands
    Column("closed", Moment),
    _seal(),
    Index(None, "team", "guideline"),
)

# The next moment at which a verdict can change without any event (a time limit that runs out).
due = Table(
    "due",
    metadata,
    Column("team", Text, nullable=False),
    Column("issue_id", Text, nullable=False),
    Column("at", Moment, nullable=False, index=True),
    PrimaryKeyConstraint("team", "issue_id"),
)

# What issues add to what others are judged by (WIP limits, sprints, children), by guideline version.
intervals = Table(
    "intervals",
    metadata,
    Column("team", Text, nullable=False),
    Column("guideline", Text, nullable=False),
    Column("version", Integer, nullable=False),
    # the parent's or the sprint's id; "" for the whole team
    Column("group", Text, nullable=False),
    Column("entered", Moment, nullable=False),
    Column("issue_id", Text, nullable=False),
    Column("left", Moment),
    # how many there were in the group when this one began, itself included; 0 where nobody asks
    Column("level", Integer, nullable=False),
    # a number that goes up and down with the level and depends on all else: a damaged row does not fit it
    Column("balance", BigInteger, nullable=False),
    PrimaryKeyConstraint("team", "guideline", "version", "group", "entered", "issue_id"),
    Index(None, "team", "guideline", "version", "group", "left"),
    Index(None, "team", "issue_id"),
    Index(None, "team", "group"),
)

measures = Table(
    "measures",
    metadata,
    Column("team", Text, nullable=False),
    Column("issue_id", Text, nullable=False),
    Column("finished", Moment),
    # the measures, and the guidelines (ids) that applied to the issue
    Column("body", _JSON, nullable=False),
    Column("applied", _JSON, nullable=False),
    _seal(),
    PrimaryKeyConstraint("team", "issue_id"),
    Index(None, "team", "finished"),
)

# --- learning and reflection ------------------------------------------------------------------------------------

practices = Table(
    "practices",
    metadata,
    Column("team", Text, nullable=False),
    Column("guideline", Text, nullable=False),
    Column("signature", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("body", _JSON, nullable=False),
    Column("first_seen", Moment, nullable=False),
    Column("evaluated", Moment, nullable=False),
    # when the team chose to show it to its manager before the configured days were over
    Column("shared", Moment),
    _seal(),
    PrimaryKeyConstraint("team", "guideline", "signature"),
)

proposals = Table(
    "proposals",
    metadata,
    Column("key", Text, primary_key=True),
    Column("team", Text, nullable=False),
    Column("guideline", Text, nullable=False),
    Column("base_version", Integer, nullable=False),
    Column("signature", Text, nullable=False),
    # the new guideline version as it would be, and the change as people read it
    Column("body", _JSON, nullable=False),
    Column("made", Moment, nullable=False),
    # "open", "approved", "tried first", "declined"
    Column("state", Text, nullable=False),
    Column("decided", Moment),
    # version number that an approval put in force
    Column("new_version", Integer),
    # what became of it: the follow-up as last posted
    Column("adoption", _JSON),
    # what it rests on: "practice", "experiment" or "comment"
    Column("kind", Text, nullable=False, server_default="practice"),
    # what listening has to remember: whose moves were a listed approver's, which text was shown and when
    Column("heard", _JSON),
    # why it was decided so, in the decider's words
    Column("reason", Text),
    # newer evidence than the body's, as last said on the ticket
    Column("renewed", _JSON),
    # ids of the issues that got a note of what changed
    Column("noted", _JSON),
    _seal(),
    Index(None, "team", "guideline"),
)

# What is known, with its evidence: one for each ended practice, experiment and decision.
learnings = Table(
    "learnings",
    metadata,
    Column("key", Text, primary_key=True),
    Column("team", Text, nullable=False, index=True),
    Column("guideline", Text, nullable=False),
    # "practice", "experiment", "decision" or "said"
    Column("kind", Text, nullable=False),
    # key of the proposal or experiment whose ticket tells more, or of the practice
    Column("source", Text, nullable=False),
    Column("made", Moment, nullable=False),
    Column("body", _JSON, nullable=False),
    _seal(),
)

# Experiments, one a ticket of the learning project; the tickets themselves are in the mirror like all issues.
experiments = Table(
    "experiments",
    metadata,
    # the marker of a ticket that we made, else "issue/" and the ticket's id
    Column("key", Text, primary_key=True),
    # "" while the ticket is not there yet
    Column("ticket_id", Text, nullable=False, index=True),
    # "" while nobody has said which
    Column("team", Text, nullable=False, index=True),
    # offered, asking, waiting, running -> works, doesn't, no difference shown, stopped; or ignored
    Column("state", Text, nullable=False),
    # key of the proposal or practice it comes from
    Column("origin", Text),
    # the plan and what was fixed with it when it began
    Column("design", _JSON),
    Column("made", Moment, nullable=False),
    Column("started", Moment),
    # from when on no further issue joins
    Column("closed", Moment),
    Column("ended", Moment),
    # why somebody stopped it
    Column("reason", Text, nullable=False),
    # the result so far
    Column("result", _JSON),
    _seal(),
)

# Issues that take part in an experiment: whoever was in it once stays in it.
trials = Table(
    "trials",
    metadata,
    Column("experiment", Text, nullable=False),
    Column("issue_id", Text, nullable=False, index=True),
    Column("joined", Moment, nullable=False),
    _seal(),
    PrimaryKeyConstraint("experiment", "issue_id"),
)

# Issues that a look has found not to take part in an experiment whose issues a query finds; some may join later.
others = Table(
    "others",
    metadata,
    Column("experiment", Text, nullable=False),
    Column("issue_id", Text, nullable=False),
    Column("seen", Moment, nullable=False),
    _seal(),
    PrimaryKeyConstraint("experiment", "issue_id"),
)

# A number of an issue of either side, written down when it was known; it never changes.
observations = Table(
    "observations",
    metadata,
    Column("experiment", Text, nullable=False),
    Column("measure", Text, nullable=False),
    Column("issue_id", Text, nullable=False),
    Column("begun", Moment, nullable=False),
    Column("trial", Boolean, nullable=False),
    Column("stratum", _JSON, nullable=False),
    Column("value", Float, nullable=False),
    _seal(),
    PrimaryKeyConstraint("experiment", "measure", "issue_id"),
)

retros = Table(
    "retros",
    metadata,
    Column("team", Text, nullable=False),
    Column("period", Text, nullable=False),
    Column("start", Moment, nullable=False),
    Column("end", Moment, nullable=False),
    Column("built", Moment, nullable=False),
    # what the next retro has to know: the title, the manager's question, the hours planned for reflection
    Column("body", _JSON),
    _seal(),
    PrimaryKeyConstraint("team", "period"),
)

# What people wrote as an action on a retro; each has a ticket in the learning project.
actions = Table(
    "actions",
    metadata,
    # the ticket's marker
    Column("key", Text, primary_key=True),
    Column("team", Text, nullable=False, index=True),
    Column("period", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("made", Moment, nullable=False),
    _seal(),
)

# --- the outbox -------------------------------------------------------------------------------------------------

intents = Table(
    "intents",
    metadata,
    Column("key", Text, primary_key=True),
    Column("team", Text, nullable=False),
    # intents of one lane are delivered in order: an issue, a ticket to be, a page
    Column("lane", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("verb", Text, nullable=False),
    Column("payload", _JSON, nullable=False),
    Column("hash", Text, nullable=False),
    # waiting -> sending -> done; sending -> unknown -> done | waiting; waiting -> parked, held or dropped
    Column("state", Text, nullable=False, index=True),
    Column("attempts", Integer, nullable=False),
    Column("not_before", Moment),
    # what was written down before sending, to find the result if the answer is lost
    Column("before", _JSON),
    # what it became: issue id and key, comment id, page address
    Column("result", _JSON),
    Column("made", Moment, nullable=False),
    # what of the breaker keeps it back: "ticket EAL", "reply …"
    Column("held_by", Text),
    # it was sent more than once: until then we look whether the first request has taken effect after all
    Column("watch_until", Moment, index=True),
    _seal(),
    Index(None, "lane", "seq"),
)

# What was sent lately, counted by the breaker; survives a restart.
effects = Table(
    "effects",
    metadata,
    # "ticket" (place: a project), "comment" (an issue's id) or "reply" (a conversation)
    Column("kind", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("key", Text, nullable=False),
    PrimaryKeyConstraint("kind", "place", "at", "key"),
)

# Things with our marker that no intent accounts for: put away because they stood twice, or left by an earlier life.
strays = Table(
    "strays",
    metadata,
    # issue id, or issue id and comment id
    Column("ref", Text, primary_key=True),
    Column("key", Text, nullable=False),
    Column("marker", Text, nullable=False),
    # "healed", "unclaimed" or "theirs"
    Column("state", Text, nullable=False),
    Column("found", Moment, nullable=False),
)

# What people (not we) have done to an issue, as a hash: our own labels and comments coming back change nothing in it.
echoes = Table(
    "echoes",
    metadata,
    Column("issue_id", Text, primary_key=True),
    Column("hash", LargeBinary, nullable=False),
)

# A hash over each issue's trace: what is judged is what was once told, or nothing.
seals = Table(
    "seals",
    metadata,
    Column("key", Text, primary_key=True),
    Column("digest", Text, nullable=False),
)

# --- who works here ---------------------------------------------------------------------------------------------

# Work that one daemon at a time may do. The number goes up with every holder: an old one is told by it.
leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("epoch", BigInteger, nullable=False),
    Column("holder", _JSON, nullable=False),
    # by the database's clock; null: as long as the holder has the lock file (SQLite)
    Column("until", BigInteger),
)

# The newest claim of each intent: under which lease's number it is being delivered.
claims = Table(
    "claims",
    metadata,
    Column("key", Text, primary_key=True),
    Column("lease", Text, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
)
