"""Finds and loads adapters. Ours come through the same door as anyone's: the entry point group ``eal_jira``."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pluggy

from eal_jira import hookspecs
from eal_jira.errors import AdapterError
from eal_jira.hookspecs import (
    AdapterInfo,
    Connection,
    Delivery,
    Nudge,
    Pages,
    Patience,
    PatienceInMemory,
    Tracker,
)

GROUP = "eal_jira"


class Adapters:
    """The adapters that are installed, ready to be asked for a tracker or a place for pages."""

    def __init__(self, manager: pluggy.PluginManager) -> None:
        self._manager = manager

    @classmethod
    def installed(cls, extra: Sequence[object] = ()) -> Adapters:
        """Loads all entry points and checks every hook against the contract; a misspelt hook is an error now."""
        manager = pluggy.PluginManager(GROUP)
        manager.add_hookspecs(hookspecs)
        try:
            manager.load_setuptools_entrypoints(GROUP)
            for plugin in extra:
                manager.register(plugin)
            manager.check_pending()
        except pluggy.PluginValidationError as error:
            raise AdapterError(
                f"An adapter does not keep the contract: {error}.", remedy="Update or uninstall that adapter."
            ) from error
        except ImportError as error:
            raise AdapterError(
                f"An adapter can't be loaded: {error}.", remedy="Reinstall or uninstall that adapter."
            ) from error
        return cls(manager)

    def infos(self) -> tuple[AdapterInfo, ...]:
        found: list[AdapterInfo] = []
        for info in self._manager.hook.eal_adapter_info():
            found.extend([info] if isinstance(info, AdapterInfo) else info)
        return tuple(sorted(found, key=lambda info: (info.kind, info.name)))

    def rule_kinds(self) -> tuple[type, ...]:
        return tuple(kind for kinds in self._manager.hook.eal_rule_kinds() for kind in kinds)

    def tracker(self, name: str, connection: Connection) -> Tracker:
        """Raises `AdapterError` naming the installed ones when there is none called `name`."""
        found: Tracker | None = self._manager.hook.eal_tracker(name=name, connection=connection)
        if found is None:
            raise self._unknown("tracker", name, "tracker.adapter")
        return found

    def pages(
        self,
        name: str,
        options: Mapping[str, object],
        home: Path,
        secret: Callable[[], str] | None = None,
        patience: Patience | None = None,
    ) -> Pages:
        """Without `patience` it ends with the process."""
        found: Pages | None = self._manager.hook.eal_pages(
            name=name, options=options, home=home, secret=secret, patience=patience or PatienceInMemory()
        )
        if found is None:
            raise self._unknown("pages", name, "teams.pages")
        return found

    def nudge(self, name: str, delivery: Delivery, secret: bytes) -> Nudge | None:
        """What a webhook delivery says. Raises `Forged`; None when no installed adapter takes webhooks by this name."""
        found: Nudge | None = self._manager.hook.eal_nudge(name=name, delivery=delivery, secret=secret)
        return found

    def genuine_delivery(self, name: str, secret: bytes) -> Delivery | None:
        """A delivery as that tracker would sign it; None when its adapter has no webhooks."""
        found: Delivery | None = self._manager.hook.eal_genuine_delivery(name=name, secret=secret)
        return found

    def _unknown(self, kind: str, name: str, key: str) -> AdapterError:
        known = [info.name for info in self.infos() if info.kind == kind]
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"Installed: {', '.join(known) or 'none'}."
        return AdapterError(f"{key} names the {kind} adapter {name!r}, which is not installed.", remedy=hint)
