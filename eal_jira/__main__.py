"""``python -m eal_jira`` is ``eal-jira``."""

from eal_jira.cli.main import run

run()
