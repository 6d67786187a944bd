"""Everything durable and every request goes by a kill point: the code is scanned for what does not."""

from __future__ import annotations

import ast
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from eal_jira import failpoints
from eal_jira.store import facts, open_store

ROOT = Path(__file__).parents[2]
ROOMS = [
    *(path for path in ROOT.glob("eal_jira/**/*.py") if "sandbox" not in path.parts and "testing" not in path.parts),
    *ROOT.glob("plugins/**/*.py"),
]

COVERS = {"reach", "sending"}
"""A call of one of these in the same function makes a kill point of it."""

FILE_CALLS = {
    "write_text", "write_bytes", "unlink", "rmdir", "mkdir", "touch", "rename", "symlink_to", "hardlink_to",
    "rmtree", "copyfile", "copytree", "copy2", "move", "truncate", "removedirs", "makedirs", "remove",
}  # fmt: skip
DATABASE_CALLS = {"create_engine", "create_async_engine", "raw_connection", "exec_driver_sql", "begin", "commit"}
HTTP_MODULES = {"requests", "urllib3", "httpx", "aiohttp", "http.client", "urllib.request", "smtplib", "ftplib"}
HTTP_CALLS = {"request", "urlopen"}

EXCEPTED = {
    # the two doors of the database, which every write and every read goes through
    "eal_jira/store/database.py:Store.read": "reads only (query_only)",
    "eal_jira/store/engines.py:_sqlite": "opens, writes nothing",
    "eal_jira/store/engines.py:_postgresql": "opens, writes nothing",
    "eal_jira/store/engines.py:_begin_immediate": "the BEGIN of Store.write",
    "eal_jira/store/engines.py:_begin": "the BEGIN of Store.read",
    "eal_jira/store/engines.py:_take_turn": "a lock inside Store.write",
    "eal_jira/store/database.py:Store.tidy": "what SQLite notes for itself, inside Store.write",
    "eal_jira/store/bulk.py:insert_rows": "rows inside Store.write",
    "eal_jira/store/health.py:server_schema": "`eal-jira doctor`: reads only",
    "eal_jira/store/leases.py:lock_file": "says who has the lock; the lock itself ends with the process",
    # copies are made beside, looked through, and put in place by `_write` and `restore`, which have kill points
    "eal_jira/store/copies.py:_copy_pages": "a copy that is not in its place yet",
    "eal_jira/store/copies.py:_dump": "a copy that is not in its place yet",
    "eal_jira/store/copies.py:_cleared": "takes unfinished copies away",
    "eal_jira/store/copies.py:before_migration": "takes the oldest copies away; the new one is made by `_write`",
    "eal_jira/store/copies.py:restore_rows": "rows inside Store.write",
    "eal_jira/daemon/shared.py:prepare": "tables of the job queue, which holds nothing that could be lost",
    "plugins/eal_tracker_jira/service.py:JiraTracker.whoami": "the writer's begin(), no transaction",
    "eal_jira/cli/export.py:export": "a file that somebody asks for by hand",
    "eal_jira/stages/experiment_course.py:keep_up": "begin() of an experiment, inside Store.write",
    "eal_jira/stages/experiment_tickets.py:_Ticket._not_begun": "begin() of an experiment, inside Store.write",
    "eal_jira/reflection/performance.py:performance": "begin() of a period, a moment",
    "eal_jira/reflection/performance.py:_figures": "begin() of a period, a moment",
    "eal_jira/checkup/address.py:_tunnel": "an HTTP answer's begin(), no transaction",
    # what is not the daemon's
    "eal_jira/cli/demo_world.py:_empty": "the demo's own folder, before there is a daemon",
    "eal_jira/cli/demo_world.py:_write": "the demo's own folder, before there is a daemon",
}
"""Durable calls without a kill point, each with its reason."""

HTTP_EXCEPTED = {
    "plugins/eal_tracker_jira/gateway.py": "its requests go through _watched, see below",
    "plugins/eal_tracker_jira/connection.py": "opens connections, sends nothing",
    "plugins/eal_tracker_jira/answers.py": "reads answers, sends nothing",
    "plugins/eal_tracker_jira/doctor.py": "`eal-jira doctor`: reads only",
    "eal_jira/http.py": "words for broken connections, sends nothing",
    "plugins/eal_pages_confluence/wire.py": "each of its requests stands between two kill points of its own",
    "eal_jira/checkup/webhooks.py": "`eal-jira doctor`: knocks at our own door",
    "eal_jira/checkup/address.py": "`eal-jira doctor`: reads only",
}
"""Modules that may know an HTTP library, each with its reason."""


def functions(tree: ast.AST, within: str = "") -> Iterator[tuple[str, ast.AST]]:
    """Each function and method with its dotted name; what stands outside of any is "<module>"."""
    if not within:
        yield "<module>", tree
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = f"{within}.{child.name}".lstrip(".")
            if not isinstance(child, ast.ClassDef):
                yield name, child
            yield from functions(child, name)
        else:
            yield from functions(child, within) if within else ()


def calls(function: ast.AST) -> Iterator[ast.Call]:
    """The calls of this function itself, without those of functions inside it."""
    for child in ast.iter_child_nodes(function):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if isinstance(child, ast.Call):
            yield child
        yield from calls(child)


def called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def durable(call: ast.Call) -> bool:
    """Whether a call writes to a file, to the database, or may lead to one that does."""
    name, plain = called(call), isinstance(call.func, ast.Name)
    if name in FILE_CALLS - ({"remove", "move", "copy2"} if plain else set()):
        # list.remove, dict-like things: only os.remove and shutil.move are files
        return name not in ("remove", "move") or _on(call, {"os", "shutil"})
    if name == "replace":
        # Path.replace(target) has one argument; str.replace has two, dataclasses.replace and datetime.replace keywords
        return not plain and len(call.args) == 1 and not call.keywords
    if name == "open":
        mode = next((k.value for k in call.keywords if k.arg == "mode"), None)
        position = 1 if plain or _on(call, {"gzip", "bz2", "lzma", "io", "os"}) else 0
        if mode is None and len(call.args) > position:
            mode = call.args[position]
        written = isinstance(mode, ast.Constant) and isinstance(mode.value, str) and set(mode.value) & set("wax+")
        return bool(written) or (mode is not None and not isinstance(mode, ast.Constant) and not _on(call, {"os"}))
    if name == "connect":
        return _on(call, {"sqlite3", "psycopg"}) and "mode=ro" not in ast.unparse(call)
    return name in DATABASE_CALLS


def _on(call: ast.Call, modules: set[str]) -> bool:
    return (
        isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name) and call.func.value.id in modules
    )


def uncovered(source: str) -> list[str]:
    """Functions with a durable call and without a kill point."""
    found = []
    for name, function in functions(ast.parse(source)):
        made = list(calls(function))
        if any(map(durable, made)) and not any(called(call) in COVERS for call in made):
            found.append(name)
    return found


def test_everything_durable_has_a_kill_point() -> None:
    found = {
        f"{path.relative_to(ROOT)}:{name}" for path in ROOMS for name in uncovered(path.read_text(encoding="utf-8"))
    }
    found = {place for place in found if "/migrations/" not in place}  # each statement there is one (_migrating)
    assert found == set(EXCEPTED), "put failpoints.reach before and after it, or name it above with a reason"


def test_every_request_goes_through_the_gateway() -> None:
    found = set()
    for path in ROOMS:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        named = {a.name for node in ast.walk(tree) if isinstance(node, ast.Import) for a in node.names}
        named |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        if any(name == module or name.startswith(f"{module}.") for name in named for module in HTTP_MODULES):
            found.add(str(path.relative_to(ROOT)))
    assert found <= set(HTTP_EXCEPTED), "send it through a gateway that tells its Watch, or name it above with a reason"


def test_the_gateway_sends_at_one_place_between_two_kill_points() -> None:
    tree = ast.parse((ROOT / "plugins/eal_tracker_jira/gateway.py").read_text(encoding="utf-8"))
    by_name = dict(functions(tree))
    senders = [name for name, f in by_name.items() if any(called(c) in HTTP_CALLS for c in calls(f))]
    assert senders == ["Gateway._send"]
    uses = [
        name
        for name, f in by_name.items()
        if name != "<module>" and any(isinstance(c, ast.Call) and called(c) == "_send" for c in ast.walk(f))
    ]
    assert uses == ["Gateway._once"], "only from there, and there inside _watched"
    told = [called(call) for call in calls(by_name["Gateway._watched"])]
    assert told.index("sending") < told.index("send") < told.index("answered")


@pytest.mark.parametrize(
    "source",
    [
        "def f(p): p.write_text('x')",
        "def f(p): p.open('wb')",
        "def f(p): open(p, mode='a')",
        "def f(p): p.replace(q)",
        "def f(e):\n    with e.begin() as c: c.execute(x)",
        "class C:\n    def f(self): sqlite3.connect('x')",
        "def f():\n    reach('a', 'b', 'c')\n    def g(p): p.unlink()",
        "async def f(p): shutil.rmtree(p)",
    ],
)
def test_the_scan_finds_what_has_none(source: str) -> None:
    assert len(uncovered(source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        "def f(p):\n    reach('file', 'x', 'before')\n    p.replace(q)",
        "def f(p): p.read_text().replace('a', 'b')",
        "def f(m): return m.replace(second=0)",
        "def f(p): open(p)",
        "def f(l): l.remove(1)",
        "def f(): sqlite3.connect('file:x?mode=ro', uri=True)",
    ],
)
def test_the_scan_leaves_alone_what_writes_nothing(source: str) -> None:
    assert uncovered(source) == []


# --- the points themselves --------------------------------------------------------------------------------------


@pytest.fixture
def reached(tmp_path: Path) -> Iterator[Path]:
    log = tmp_path / "reached"
    failpoints.arm(log=str(log))
    yield log
    failpoints.disarm()


def test_a_write_is_named_by_who_wanted_it(reached: Path, tmp_path: Path) -> None:
    store = open_store("sqlite:///eal.db", tmp_path)
    with store.write() as connection:
        facts.put(connection, "a", "b")
    store.close()
    names = reached.read_text().splitlines()
    mine = f"{__name__}.test_a_write_is_named_by_who_wanted_it"
    assert names[-2:] == [f"write {mine} before commit", f"write {mine} committed"]
    assert names.count("migrate a statement before") > 20


@pytest.mark.parametrize(("moment", "kept"), [("before commit", None), ("committed", "b")])
def test_killed_beside_a_commit_all_of_it_is_there_or_none(tmp_path: Path, moment: str, kept: str | None) -> None:
    open_store("sqlite:///eal.db", tmp_path).close()
    program = f"""
from pathlib import Path
from eal_jira.store import facts, open_store
def wish():
    with open_store("sqlite:///eal.db", Path({str(tmp_path)!r})).write() as connection:
        facts.put(connection, "a", "b")
wish()
"""
    point = f"write __main__.wish {moment}:1"
    done = subprocess.run([sys.executable, "-c", program], env={**os.environ, "EAL_FAILPOINT": point}, check=False)
    assert done.returncode == -signal.SIGKILL
    store = open_store("sqlite:///eal.db", tmp_path)
    with store.read() as connection:
        assert facts.get(connection, "a") == kept
    store.close()
