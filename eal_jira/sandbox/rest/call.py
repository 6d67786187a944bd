"""One request as a handler sees it: who calls, what was asked, and the helpers that every handler needs."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from eal_jira.sandbox.people import BROWSE, Account
from eal_jira.sandbox.rest.answers import NOT_SEEN, Refusal
from eal_jira.sandbox.rest.present import Presenter
from eal_jira.sandbox.state import Issue, Json, Project
from eal_jira.sandbox.writes import Writer

if TYPE_CHECKING:
    from starlette.datastructures import QueryParams

    from eal_jira.sandbox.site import Site


@dataclass
class Call:
    site: Site
    method: str
    #: "2" or "3"; None outside /rest/api
    version: str
    #: from the path
    params: Mapping[str, str]
    query: QueryParams
    body: bytes
    account: Account | None
    headers: Mapping[str, str] = field(default_factory=dict)
    path: str = ""

    @cached_property
    def value(self) -> Json:
        """The body as any JSON value; 400 when it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise Refusal(400, "Invalid request payload. Refer to the REST API documentation.") from None

    @property
    def json(self) -> Json:
        """The body as a JSON object; 400 when it is none."""
        if not isinstance(self.value, dict):
            raise Refusal(400, "Invalid request payload. Refer to the REST API documentation.")
        return self.value

    @cached_property
    def present(self) -> Presenter:
        return Presenter(self.site, self.version)

    @property
    def cloud(self) -> bool:
        return self.site.flavour == "cloud"

    @property
    def user(self) -> Account:
        """The caller; 401 for an anonymous one."""
        if self.account is None:
            raise not_authenticated(self.site)
        return self.account

    @cached_property
    def write(self) -> Writer:
        return Writer(self.site, self.user.id, self.site.clock.now())

    # --- looking things up with the caller's eyes -------------------------------------------------------------

    def issue(self, permission: str | None = None) -> Issue:
        """The issue of the path, under its new key too; 404 when it can't be seen, 403 without the permission."""
        issue = self.visible(self.params["issue"])
        if issue is None:
            raise Refusal(404, NOT_SEEN)
        if permission:
            self.require(permission, issue.project)
            if issue.archived:
                raise Refusal(403, "The issue is archived: it can be read only.")
        return issue

    def visible(self, id_or_key: str) -> Issue | None:
        issue = self.site.find(id_or_key)
        return issue if issue is not None and self.site.sees(self.account, issue) else None

    def project(self, id_or_key: str) -> Project:
        project = self.site.find_project(id_or_key)
        if project is None or not self.site.may(self.account, BROWSE, project.id):
            raise Refusal(404, f"No project could be found with key '{id_or_key}'.")
        return project

    def person(self, key: str) -> Account:
        """Whom the query names: by account id on Cloud, by user name or (in `key`) by user key on Data Center."""
        people = self.site.people
        if self.cloud:
            found = people.accounts.get(self.query.get("accountId", ""))
        else:
            found = people.by_login(self.query.get("username", "")) or people.accounts.get(self.query.get(key, ""))
        if found is None:
            raise Refusal(404, "Specified user does not exist or you do not have required permissions")
        return found

    def may(self, permission: str, project: int | None) -> bool:
        return self.site.may(self.account, permission, project)

    def require(self, permission: str, project: int) -> None:
        if not self.may(permission, project):
            self.user  # noqa: B018 – anonymous callers get 401, not 403
            raise Refusal(403, "You do not have the permission to do this: " + permission)

    # --- reading parameters -----------------------------------------------------------------------------------

    def number(self, name: str, default: int) -> int:
        """A whole number from the query; 400 when it is none."""
        text = self.query.get(name)
        if text is None:
            return default
        try:
            return int(text)
        except ValueError:
            raise Refusal(400, f"'{text}' is no number for the parameter '{name}'.") from None

    def words(self, name: str) -> list[str]:
        """A comma-separated list from the query."""
        return [word.strip() for word in self.query.get(name, "").split(",") if word.strip()]

    def flag(self, name: str, default: bool) -> bool:
        return self.query.get(name, str(default)).lower() == "true"

    def page(self, size: int, most: int) -> tuple[int, int]:
        """(startAt, maxResults) of a list by offset."""
        return max(0, self.number("startAt", 0)), min(max(0, self.number("maxResults", size)), most)


def not_authenticated(site: Site, reason: str | None = None) -> Refusal:
    text = (
        "Client must be authenticated to access this resource."
        if site.flavour == "cloud"
        else "You are not authenticated. Authentication required to perform this operation."
    )
    headers = {"WWW-Authenticate": f'OAuth realm="{site.base_url}"'}
    if reason:
        headers["X-Seraph-LoginReason"] = reason
    return Refusal(401, text, headers=headers)


def authenticate(site: Site, authorization: str | None, *, gateway: bool) -> Account | None:
    """The account behind the header, None without one. A wrong credential is a 401; after several, only a CAPTCHA
    helps (facts/jira.md 4). Personal access tokens never lead to a CAPTCHA. A scoped token works at the gateway's
    address only."""
    if not authorization:
        return None
    kind, _, value = authorization.partition(" ")
    account: Account | None = None
    if kind.lower() == "bearer" and site.flavour == "datacenter":
        account = site.people.by_token(value.strip())
    elif kind.lower() == "basic":
        account = _basic(site, value)
    if account is not None and account.scoped_token and not gateway:
        account = None
    if account is None:
        if site.anonymous_fallback:
            return None
        raise not_authenticated(site, "AUTHENTICATED_FAILED")
    return account


def _basic(site: Site, value: str) -> Account | None:
    try:
        name, _, token = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    account = site.people.by_email(name) if site.flavour == "cloud" else site.people.by_login(name)
    if account is None:
        return None
    if account.failed_logins >= site.limits.failed_logins:
        raise Refusal(
            403,
            headers={
                "X-Authentication-Denied-Reason": f"CAPTCHA_CHALLENGE; login-url={site.base_url}/login.jsp",
                "X-Seraph-LoginReason": "AUTHENTICATION_DENIED",
            },
        )
    if token != account.token or not account.token_valid or not account.active:
        account.failed_logins += 1
        return None
    account.failed_logins = 0
    return account
