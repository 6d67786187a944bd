"""Kills the daemon again and again, and tells what came of it.

    python -m tests.faults.run --kills 2000            as many worlds as it takes, on two processes
    python -m tests.faults.run --replay 17             the world of one seed
    python -m tests.faults.run --stops 500             SIGTERM at moments that nobody chose

Exit code 1 when anything was duplicated, lost or stuck; the seeds to replay are named.
"""

from __future__ import annotations

import argparse
import itertools
import json
import multiprocessing
import os
import random
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import quantiles
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from rich.console import Console
from rich.table import Table

from . import scenario
from .tracker import Tracker
from .world import Kill, Profile, Told, plan, world

FLAVOURS = ("cloud", "datacenter")
SLOWEST = 10.0
"""Seconds at the 95th percentile from the restart to the end of the first whole cycle."""

STOPS_A_WORLD = 10


def warm() -> None:
    """One cycle in this process, so that whatever is forked from it has everything imported."""
    from eal_jira.assemble import assembled
    from eal_jira.cycle import run_cycle
    from eal_jira.daemon import due, web  # noqa: F401 - for the forked ones
    from eal_jira.settings import load_settings

    tracker = Tracker("cloud", 0)
    with tempfile.TemporaryDirectory(prefix="eal-kills-") as folder:
        config = scenario.write_config(Path(folder), tracker.url, tracker.user, tracker.token, 0)
        (Path(folder) / "g.toml").write_text(scenario.REVIEW)
        with assembled(load_settings(config)) as house:
            run_cycle(house)
    tracker.close()
    if threading.active_count() != 1:
        raise RuntimeError(f"only a process with one thread can be forked: {threading.enumerate()}")


def profiles() -> dict[str, Profile]:
    """What an undisturbed story reaches, by flavour."""
    found = {}
    for flavour in FLAVOURS:
        with world(0, flavour) as undisturbed:
            found[flavour] = undisturbed.profile()
            if undisturbed.told.problems:
                raise RuntimeError(f"without any kill: {undisturbed.told.problems}")
    return found


def killed(seed: int, known: dict[str, Profile]) -> Told:
    flavour = FLAVOURS[seed % 2]
    with world(seed, flavour) as one:
        one.live(plan(seed, known[flavour]))
    return one.told


def stopped(seed: int) -> Told:
    rng = random.Random(seed)
    with world(seed) as one:
        one.stopped([rng.uniform(0.0, 1.5) for _ in range(STOPS_A_WORLD)])
    return one.told


def _work(seeds: Any, results: Any, known: dict[str, Profile], stops: bool) -> None:
    for seed in iter(seeds.get, None):
        results.put(stopped(seed) if stops else killed(seed, known))


def worlds(first: int, kills: int, stops: int, workers: int, known: dict[str, Profile]) -> Iterator[Told]:
    """World after world until there were so many kills, or stops."""
    context = multiprocessing.get_context("fork")
    seeds, results = context.SimpleQueue(), context.SimpleQueue()
    processes = [context.Process(target=_work, args=(seeds, results, known, stops > 0)) for _ in range(workers)]
    for process in processes:
        process.start()
    coming, under_way, done = itertools.count(first), 0, 0
    wanted = stops or kills
    for _ in processes:
        seeds.put(next(coming))
        under_way += 1
    while under_way:
        told: Told = results.get()
        under_way -= 1
        done += len(told.stops) if stops else len(told.kills)
        yield told
        # a world that is still under way will bring about as much as this one did
        if done + under_way * done // max(1, told.seed - first + 1) < wanted:
            seeds.put(next(coming))
            under_way += 1
    for _ in processes:
        seeds.put(None)
    for process in processes:
        process.join()


# --- what came of it ------------------------------------------------------------------------------------------


def percentile(values: Sequence[float], percent: int) -> float:
    if len(values) < 2:
        return values[0] if values else 0.0
    return quantiles(values, n=100, method="inclusive")[percent - 1]


def table(told: Sequence[Told]) -> Table:
    shown = Table("kill point", "kills", "duplicates", "lost", "stuck", "recovery p50", "p95", title="Killed at")
    rows: dict[str, list[Told]] = defaultdict(list)
    for each in told:
        for kill in each.kills:
            rows[kill.point or "(a moment nobody chose)"].append(each)
    for point in sorted(rows):
        shown.add_row(point, *_figures(len(rows[point]), list({id(each): each for each in rows[point]}.values())))
    shown.add_section()
    shown.add_row("all", *_figures(sum(len(each.kills) for each in told), told))
    return shown


def _figures(kills: int, told: Sequence[Told]) -> list[str]:
    """A problem is counted at every point where its world was killed."""
    kinds = [sum(kind == wanted for each in told for kind, _ in each.problems) for wanted in KINDS]
    recoveries = [seconds for each in told for seconds in each.recoveries]
    times = [f"{percentile(recoveries, p):.1f} s" if recoveries else "" for p in (50, 95)]
    return [str(kills), *map(str, kinds), *times]


KINDS = ("duplicate", "lost", "stuck")


def summary(told: Sequence[Told], seconds: float) -> dict[str, Any]:
    recoveries = [each for one in told for each in one.recoveries]
    stops = [each for one in told for each in one.stops]
    kills = sum(len(one.kills) for one in told)
    return {
        "worlds": len(told),
        "kills": kills,
        "kills_during_recovery": sum(one.deeper for one in told),
        "kill_points": len({kill.point for one in told for kill in one.kills if kill.point}),
        **{kind: sum(kind == each for one in told for each, _ in one.problems) for kind in KINDS},
        "recovery_p50": round(percentile(recoveries, 50), 2),
        "recovery_p95": round(percentile(recoveries, 95), 2),
        "stops": len(stops),
        "slowest_stop": round(max(stops, default=0.0), 2),
        "seconds": round(seconds, 1),
        "kills_a_second": round(kills / seconds, 2),
        "problems": [
            {"seed": one.seed, "evidence": one.evidence, "problems": one.problems[:5]} for one in told if one.problems
        ],
    }


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--stops", type=int, default=0, help="ask to stop so often instead of killing")
    parser.add_argument("--seed", type=int, default=1, help="of the first world")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--replay", type=int, metavar="SEED", help="only the world of this seed")
    parser.add_argument("--point", metavar="NAME:N", help="one world with one kill, in its first round")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    options = parser.parse_args(arguments)
    console = Console(highlight=False, width=120)
    warm()
    known = {} if options.stops or options.point else profiles()
    begin = time.monotonic()
    told = []
    if options.point:
        name, _, turn = options.point.rpartition(":")
        with world(options.seed, "cloud") as one:
            told.append(one.live({r.name: [Kill(name, int(turn))] * (n == 0) for n, r in enumerate(scenario.ROUNDS)}))
    elif options.replay is not None:
        told.append(stopped(options.replay) if options.stops else killed(options.replay, known))
        console.print_json(json.dumps(asdict(told[0])))
    else:
        for one in worlds(options.seed, options.kills, options.stops, options.workers, known):
            told.append(one)
            for kind, sentence in one.problems:
                stops = " --stops 1" if options.stops else ""
                console.print(f"seed {one.seed}: {kind}: {sentence} (--replay {one.seed}{stops})", markup=False)
    figures = summary(told, time.monotonic() - begin)
    if options.json:
        print(json.dumps(figures))  # noqa: T201 - a command line
    elif options.replay is None:
        if figures["kills"]:
            console.print(table(told))
        console.print("\n".join(f"{name}: {value}" for name, value in figures.items()), markup=False)
    bad = any(figures[kind] for kind in KINDS) or figures["recovery_p95"] > SLOWEST
    return int(bad)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
