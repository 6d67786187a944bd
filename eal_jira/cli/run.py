"""``eal-jira run``: the daemon."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from eal_jira.cli.logs import LogFormatOption, logging_to_stderr
from eal_jira.cli.output import ConfigOption
from eal_jira.cli.progress import Progress

if TYPE_CHECKING:
    from eal_jira.daemon.stop import Stop


def add_to(app: typer.Typer) -> None:
    app.command()(run)


def run(config: ConfigOption = None, log_format: LogFormatOption = "auto") -> None:
    """Run the daemon: a cycle at an interval and whenever a webhook says so, until SIGTERM or Ctrl-C."""
    # first of all, so that whoever starts us may stop us at any moment
    from eal_jira.daemon.stop import Stop

    with Stop() as stop:
        logging_to_stderr(log_format)
        _run(config, stop)


def _run(config: ConfigOption, stop: Stop) -> None:
    from datetime import UTC, datetime

    import structlog

    from eal_jira import __version__
    from eal_jira.cli.cycle import house
    from eal_jira.daemon.dispatch import Work, dispatcher
    from eal_jira.daemon.token_watch import TokenWatch
    from eal_jira.daemon.web import listening
    from eal_jira.metrics import Requests
    from eal_jira.settings import find_config

    with house(config, Progress(), Requests(before=stop.check), shared=True) as opened:
        settings = opened.settings
        structlog.get_logger().info(
            "started", version=__version__, config=str(find_config(config)), tracker=settings.tracker.url
        )
        token = TokenWatch(settings.tracker.token_expires)
        daemon = dispatcher(Work(opened, lambda: token.look(datetime.now(UTC))))
        stop.tell(daemon.stop)
        with listening(opened, daemon.wake):
            daemon.run()
