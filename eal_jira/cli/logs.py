"""The log: one sentence per event, on stderr. For people on a terminal, as JSON lines elsewhere.

Never a local variable, and never a secret: whatever form it takes in a line, it is taken out by its value.
"""

from __future__ import annotations

import sys
from typing import Annotated, Any, Literal

import typer

from eal_jira import redaction
from eal_jira.cli.output import terminal

LogFormat = Literal["auto", "human", "json"]
LogFormatOption = Annotated[
    LogFormat, typer.Option("--log-format", help="How the log is written; auto: human on a terminal, else json.")
]


def logging_to_stderr(form: LogFormat = "auto") -> None:
    """Everything that is logged from now on goes to stderr."""
    import structlog

    human = terminal(sys.stderr) if form == "auto" else form == "human"
    plain = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    ending: list[Any] = (
        [structlog.dev.ConsoleRenderer(colors=terminal(sys.stderr), exception_formatter=structlog.dev.plain_traceback)]
        if human
        else [structlog.processors.ExceptionRenderer(plain), structlog.processors.JSONRenderer()]
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *ending,
            _without_secrets,
        ],
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )


def _without_secrets(_logger: Any, _method: str, line: Any) -> str:
    """After the renderer: `line` is the whole line."""
    return redaction.clean(line)
