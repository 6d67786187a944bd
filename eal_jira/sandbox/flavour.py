"""The two kinds of Jira that the sandbox can be."""

from typing import Literal

Flavour = Literal["cloud", "datacenter"]
