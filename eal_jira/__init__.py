"""Execution as Learning beside Jira: the process itself learns, in the tracker that a team already uses."""

__version__ = "0.1.0"
