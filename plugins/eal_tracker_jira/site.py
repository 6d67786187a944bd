"""One Jira as we know it: which kind it is, who we are there, its clock, its fields."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from jira import JIRA

from eal_jira import documents
from eal_jira.errors import NotAllowed, TrackerUnreachable
from eal_jira.hookspecs import Connection
from eal_jira.http import http_date
from eal_jira.model import Actor, Figure, Identity
from eal_tracker_jira.answers import Json, rows
from eal_tracker_jira.connection import open_client, sign_in
from eal_tracker_jira.cost import Meter
from eal_tracker_jira.fields import FieldTable, account, field_table
from eal_tracker_jira.gateway import Gateway, Signature
from eal_tracker_jira.lanes import Lanes
from eal_tracker_jira.limits import Limits
from eal_tracker_jira.options import Options
from eal_tracker_jira.times import parse_time


class Flavour(StrEnum):
    CLOUD = "Jira Cloud"
    DATA_CENTER = "Jira Data Center"


class Site:
    """Making it costs one request, which asks what kind of Jira this is."""

    def __init__(
        self,
        connection: Connection,
        options: Options,
        sleep: Callable[[float], None] = time.sleep,
        limits: Limits | None = None,
        meter: Meter | None = None,
    ) -> None:
        self._connection = connection
        self._options = options
        self._sleep = sleep
        self._client = open_client(connection, options)
        self.lanes = Lanes(options.connections)
        self._limits = limits or Limits(connection.patience, sleep)
        self._meter = meter or Meter()
        self._main = self._gateway_for(self._client)
        #: further gateways, one for each thread of `lanes` that has asked for one
        self._others: list[Gateway] = []
        self._of_thread = threading.local()
        self._of_thread.gateway = self._main
        self._server = self.gateway.get("serverInfo")
        if not isinstance(self._server, dict) or not isinstance(self._server.get("version"), str):
            raise TrackerUnreachable(
                "The address answers, but not as Jira does.",
                remedy="Check tracker.url: it must be the address of Jira itself.",
            )
        cloud = self._server.get("deploymentType") == "Cloud"
        self.flavour = Flavour.CLOUD if cloud else Flavour.DATA_CENTER
        self._main.version = 3 if cloud else 2
        self._client.deploymentType = self._server.get("deploymentType")
        self._identity: Identity | None = None
        self._zone: ZoneInfo | None = None
        self._fields: FieldTable | None = None
        self._estimates = [options.points_field] if options.points_field else []

    @property
    def gateway(self) -> Gateway:
        """This thread's way to Jira; the connection beneath is not made for several threads (facts 3.3)."""
        gateway: Gateway | None = getattr(self._of_thread, "gateway", None)
        if gateway is None:
            gateway = self._gateway_for(open_client(self._connection, self._options))
            gateway.version = self._main.version
            self._of_thread.gateway = gateway
            self._others.append(gateway)
        gateway.signature = self._main.signature
        return gateway

    def _gateway_for(self, client: JIRA) -> Gateway:
        return Gateway(client, self._limits, self._meter, self._connection.watch, self._sleep, self.lanes.waiting)

    def close(self) -> None:
        self._close_others()
        self._main.close()

    def _close_others(self) -> None:
        self.lanes.close()
        for gateway in self._others:
            gateway.close()
        self._others.clear()

    # --- who we are -------------------------------------------------------------------------------------------

    def whoami(self) -> Identity:
        """Asks afresh, with the secret as it is now. One request."""
        if sign_in(self._client, self._connection):
            # the other connections still carry the secret from before: they are opened again when needed
            self._close_others()
            self._of_thread = threading.local()
            self._of_thread.gateway = self._main
        self._main.signature = None
        me = self.gateway.get("myself")
        actor = account(me)
        if actor is None:
            raise NotAllowed("Jira does not say who we are.", remedy="Check tracker.user and tracker.token.")
        self._remember_signature(me)
        self._zone = _zone(me.get("timeZone"))
        self._identity = Identity(
            actor=Actor(actor),
            time_zone=self._zone.key if self._zone else "Etc/UTC",
            now=self._clock(),
            flavour=str(self.flavour) if self.is_cloud else f"{self.flavour} {self._server['version']}",
        )
        return self._identity

    @property
    def identity(self) -> Identity:
        return self._identity or self.whoami()

    @property
    def zone(self) -> ZoneInfo | None:
        """The account's time zone, in which queries are read; None when its name is not known here."""
        if self._identity is None:
            self.whoami()
        return self._zone

    def zone_changed(self) -> bool:
        """Asks afresh whether queries are read in another time zone than before: people change theirs at any time."""
        before = self._zone
        self.whoami()
        return self._zone != before

    @property
    def version(self) -> tuple[int, ...]:
        """Of Data Center, as (10, 3, 24); what Cloud gives here says nothing."""
        return tuple(map(int, re.findall(r"\d+", self._server["version"])))

    @property
    def is_cloud(self) -> bool:
        return self.flavour is Flavour.CLOUD

    @property
    def address(self) -> str:
        """Where people open this Jira: behind the API gateway that is not the address we talk to (facts 4)."""
        url = self._connection.url.rstrip("/")
        return str(self._server.get("baseUrl") or url).rstrip("/") if "/ex/jira/" in url else url

    def markup(self, markdown: str, figures: Sequence[Figure] = ()) -> Json:
        """Our Markdown as this Jira takes long text: a document node on Cloud, wiki markup on Data Center."""
        named = {figure.name: figure for figure in figures}
        return documents.render(markdown, "adf" if self.is_cloud else "wiki", named)

    def _remember_signature(self, me: Json) -> None:
        header = "X-AAccountId" if self.is_cloud else "X-AUSERNAME"
        said = self.gateway.headers.get(header)
        if said is None:
            # something between us and Jira takes the header away, or this is no real Jira: nothing to hold it to
            return
        signature = Signature(header, str(me["accountId"] if self.is_cloud else me["name"]))
        if not signature.matches(said):
            raise NotAllowed(
                "Jira answers as somebody else than the account it names.",
                remedy="Check tracker.user and tracker.token.",
            )
        self.gateway.signature = signature

    def _clock(self) -> datetime:
        """The server's clock (facts 2.2), not this machine's."""
        return http_date(self.gateway.headers.get("Date", "")) or self._server_time()

    def _server_time(self) -> datetime:
        told = self.gateway.get("serverInfo").get("serverTime")
        return parse_time(told) if told else datetime.now(UTC)

    # --- its fields -------------------------------------------------------------------------------------------

    @property
    def fields(self) -> FieldTable:
        return self._fields or self.read_fields()

    def read_fields(self) -> FieldTable:
        listed = self.gateway.get("field")
        self._fields = field_table(rows({"field": listed}, "field"), self._estimates)
        return self._fields

    def prefer_estimate(self, field_id: str) -> None:
        """A board says which field holds its estimates; that beats a guess by name (facts 7)."""
        if field_id not in self._estimates:
            self._estimates.append(field_id)
            self._fields = None


def _zone(name: object) -> ZoneInfo | None:
    try:
        return ZoneInfo(str(name))
    except (KeyError, ValueError, OSError):
        return None
