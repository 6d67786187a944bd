"""Accounts, their credentials, and who may do what in which project.

Permissions follow a small scheme: everyone who is logged in has the permissions of `EVERYONE`; `revoke` takes some
away from one account (in one project or everywhere), `grant` adds some. Anonymous callers have none.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from typing import Any

from eal_jira.sandbox.acts import Person

BROWSE, CREATE, EDIT = "BROWSE_PROJECTS", "CREATE_ISSUES", "EDIT_ISSUES"
TRANSITION, COMMENT, LINK = "TRANSITION_ISSUES", "ADD_COMMENTS", "LINK_ISSUES"
ATTACH, DETACH = "CREATE_ATTACHMENTS", "DELETE_OWN_ATTACHMENTS"
PROJECT_ADMIN, SITE_ADMIN = "ADMINISTER_PROJECTS", "ADMINISTER"
EVERYONE = frozenset(
    (
        *(BROWSE, CREATE, EDIT, TRANSITION, COMMENT, LINK, ATTACH, DETACH),
        *("ASSIGN_ISSUES", "ASSIGNABLE_USER", "EDIT_OWN_COMMENTS", "DELETE_OWN_COMMENTS", "WORK_ON_ISSUES"),
    )
)
PERMISSIONS = (
    *sorted(EVERYONE),
    *(
        "DELETE_ALL_ATTACHMENTS",
        "DELETE_ALL_COMMENTS",
        "DELETE_ISSUES",
        "EDIT_ALL_COMMENTS",
        "MOVE_ISSUES",
        PROJECT_ADMIN,
        SITE_ADMIN,
    ),
)


@dataclass(slots=True)
class Account:
    """`id` is the account id on Cloud and the user key on Data Center; `login` is Data Center's user name."""

    id: str
    name: str
    login: str
    email: str
    time_zone: str | None = "Etc/UTC"
    account_type: str = "atlassian"
    active: bool = True
    groups: set[str] = field(default_factory=set)
    #: API token (Cloud) or personal access token (Data Center)
    token: str = ""
    token_valid: bool = True
    #: a token with scopes: it is taken at the gateway's address only
    scoped_token: bool = False
    failed_logins: int = 0
    properties: dict[str, Any] = field(default_factory=dict)


class People:
    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self._logins: dict[str, str] = {}
        self._emails: dict[str, str] = {}
        self._tokens: dict[str, str] = {}
        self._granted: dict[tuple[str, int | None], set[str]] = {}
        self._revoked: dict[tuple[str, int | None], set[str]] = {}

    def add(self, person: Person, *, login: str | None = None, active: bool = True) -> Account:
        """A new account; an account with this id that exists already stays as it is."""
        if person.account_id in self.accounts:
            return self.accounts[person.account_id]
        slug = login or _slug(person.name) or _slug(person.account_id) or "user"
        login = _free(slug, "", self._logins)
        account = Account(
            id=person.account_id,
            name=person.name,
            login=login,
            email=_free(_slug(slug) or "user", "@example.com", self._emails),
            time_zone=person.time_zone,
            account_type=person.account_type,
            active=active,
            groups=set(person.groups),
        )
        self.accounts[account.id] = account
        self._logins[account.login] = account.id
        self._emails[account.email] = account.id
        self.new_token(account)
        return account

    def new_token(self, account: Account) -> str:
        """A fresh token for this account; the one before is refused from now on."""
        self._tokens.pop(account.token, None)
        seed = f"sandbox:{account.id}:{account.token}"
        account.token = hashlib.sha256(seed.encode()).hexdigest()[:32]
        account.token_valid = True
        self._tokens[account.token] = account.id
        return account.token

    def by_login(self, login: str) -> Account | None:
        found = self._logins.get(login)
        return self.accounts[found] if found else None

    def by_email(self, email: str) -> Account | None:
        found = self._emails.get(email.casefold())
        return self.accounts[found] if found else None

    def by_token(self, token: str) -> Account | None:
        """Whose valid personal access token this is (Data Center)."""
        owner = self.accounts.get(self._tokens.get(token, ""))
        return owner if owner and owner.active and owner.token_valid else None

    def search(self, text: str) -> Account | None:
        """The one account that a JQL value names: by id, login or e-mail, else by display name."""
        exact = self.accounts.get(text) or self.by_login(text) or self.by_email(text)
        if exact:
            return exact
        wanted = text.casefold()
        return next((a for a in self.accounts.values() if a.name.casefold() == wanted), None)

    # --- permissions ------------------------------------------------------------------------------------------

    def grant(self, account_id: str, project: int | None, permissions: Iterable[str]) -> None:
        for permission in permissions:
            self._revoked.get((account_id, project), set()).discard(permission)
            self._granted.setdefault((account_id, project), set()).add(permission)

    def revoke(self, account_id: str, project: int | None, permissions: Iterable[str]) -> None:
        for permission in permissions:
            self._granted.get((account_id, project), set()).discard(permission)
            self._revoked.setdefault((account_id, project), set()).add(permission)

    def allows(self, account: Account | None, permission: str, project: int | None) -> bool:
        """What was said for the project counts before what was said for the site, and that before the scheme."""
        if account is None or not account.active:
            return False
        for place in (account.id, project), (account.id, None):
            if permission in self._granted.get(place, ()):
                return True
            if permission in self._revoked.get(place, ()):
                return False
        return permission in EVERYONE


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", ".", plain.lower()).strip(".")


def _free(wanted: str, ending: str, taken: Container[str]) -> str:
    name, number = wanted + ending, 2
    while name in taken:
        name, number = f"{wanted}{number}{ending}", number + 1
    return name
