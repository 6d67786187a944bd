"""docs/operating.md keeps up: every event of the log and every metric stands on it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from eal_jira.checkup.expiry import LOG_EVENT
from eal_jira.metrics import REGISTRY

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}


def events() -> set[str]:
    """What is logged anywhere, except by the sandbox; a name stands for the one constant that is logged."""
    found = set()
    for path in (ROOT / "eal_jira").glob("**/*.py"):
        if "sandbox" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LEVELS):
                continue
            if not re.search(r"\blog\b|get_logger", ast.unparse(node.func.value)) or not node.args:
                continue
            event = node.args[0]
            found.add(event.value if isinstance(event, ast.Constant) else LOG_EVENT)
    return found


def test_every_event_of_the_log_is_listed() -> None:
    listed = set(re.findall(r"^\| ([^|`]+?) \|", PAGE, re.MULTILINE))
    assert len(events()) > 10
    assert events() <= listed, events() - listed


def test_every_metric_is_listed_and_exists() -> None:
    listed = set(re.findall(r"`(eal_jira_[a-z_]+)`", PAGE))
    counted = {f"{family.name}_total" if family.type == "counter" else family.name for family in REGISTRY.collect()}
    scraped = {
        name if name.startswith("eal_jira_") else f"eal_jira_{name}"
        for name in re.findall(
            r'(?:GaugeMetricFamily|_gauge)\(\s*"([a-z_]+)"', (ROOT / "eal_jira/daemon/scrape.py").read_text("utf-8")
        )
    }
    text = (ROOT / "eal_jira/daemon/scrape.py").read_text("utf-8")
    counted |= {f"{name}_total" for name in re.findall(r'CounterMetricFamily\(\s*"([a-z_]+)"', text)}
    assert len(counted) >= 5
    assert len(scraped) >= 10
    assert listed == counted | scraped


def test_alerts_use_metrics_that_exist() -> None:
    used = set(re.findall(r"expr:.*?(eal_jira_[a-z_]+)", PAGE))
    assert len(used) >= 6
    assert used <= set(re.findall(r"`(eal_jira_[a-z_]+)`", PAGE))
