"""Jira Cloud (REST v3) and Jira Data Center (REST v2) as a tracker: the adapter called "jira".

    connection  the `jira` library's client: authentication, connection, time-outs
    gateway     the one way on which every request leaves, with its retries
    limits      bans and the pace of writes, kept by all connections together
    cost        what requests cost
    answers     what an answer means: a value, or one of our errors
    site        who we are there, its clock, its fields
    cloud, datacenter        how issues are read: two strategies, the same methods
    fields, records, plaintext, times        Jira's JSON → the values of eal_jira.model
    boards      scopes of boards, sprints
    membership  whether some issues are in a scope
    writes, tickets          what is written
    descriptions             a description shared with people
    nudges      what a webhook delivery names
    doctor, rights, screens  what `eal-jira doctor` looks at
    service     the Tracker itself

The facts behind the comments ("facts 2.3") are those of the project's fact sheet on Jira's REST interfaces.
"""

from __future__ import annotations

from eal_jira.hookspecs import AdapterInfo, Connection, Delivery, Nudge, Tracker, hookimpl


@hookimpl
def eal_adapter_info() -> AdapterInfo:
    return AdapterInfo("jira", "tracker", "Jira Cloud and Jira Data Center, told apart by asking the site")


@hookimpl
def eal_tracker(name: str, connection: Connection) -> Tracker | None:
    if name != "jira":
        return None
    # imported here: commands that never talk to a tracker should not wait for an HTTP stack
    from eal_tracker_jira.options import read_options
    from eal_tracker_jira.service import JiraTracker

    return JiraTracker(connection, read_options(connection.options))


@hookimpl
def eal_nudge(name: str, delivery: Delivery, secret: bytes) -> Nudge | None:
    if name != "jira":
        return None
    from eal_tracker_jira.nudges import read_nudge

    return read_nudge(delivery, secret)


@hookimpl
def eal_genuine_delivery(name: str, secret: bytes) -> Delivery | None:
    if name != "jira":
        return None
    from eal_tracker_jira.nudges import genuine_delivery

    return genuine_delivery(secret)
