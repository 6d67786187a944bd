"""Pages for people: the list of issues, and one issue with all that is known about it. No scripts, no login.

Templates lie in `templates/`; everything that comes from an issue is escaped, and only web and mail links are live.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from eal_jira.sandbox.rest.present import Presenter
from eal_jira.sandbox.site import Site
from eal_jira.sandbox.state import History, Issue, Json
from eal_jira.sandbox.text.wiki import plain, to_adf

PAGE = 50


def page_routes(site: Site) -> list[Route]:
    """
    GET /              all issues, newest change first; `?project=&label=&text=&page=`
    GET /browse/{key}  one issue
    """
    pages = _Pages(site)
    return [Route("/", pages.index), Route("/browse/{key}", pages.issue)]


class _Pages:
    def __init__(self, site: Site) -> None:
        self._site = site
        self._templates = Environment(
            loader=PackageLoader("eal_jira.sandbox"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters |= {"moment": self._moment, "adf": _adf, "safe_link": _safe_link}

    async def index(self, request: Request) -> HTMLResponse:
        wanted = {name: request.query_params.get(name, "").strip() for name in ("project", "label", "text")}
        page = request.query_params.get("page", "1")
        number = max(1, int(page)) if page.isdecimal() else 1
        with self._site.lock:
            found = [issue for issue in self._site.issues.values() if self._fits(issue, **wanted)]
            found.sort(key=lambda issue: (issue.updated, issue.id), reverse=True)
            shown = [self._row(issue) for issue in found[(number - 1) * PAGE : number * PAGE]]
            projects = sorted((p.key, p.name) for p in self._site.projects.values())
            return self._page(
                "index.html",
                issues=shown,
                total=len(found),
                projects=projects,
                labels=sorted({label for i in self._site.issues.values() for label in i.fields.get("labels") or ()}),
                wanted=wanted,
                page=number,
                pages=max(1, -(-len(found) // PAGE)),
                link=lambda to: "/?" + urlencode({k: v for k, v in wanted.items() if v} | {"page": to}),
            )

    async def issue(self, request: Request) -> HTMLResponse:
        with self._site.lock:
            issue = self._site.find(request.path_params["key"])
            if issue is None:
                return self._page("missing.html", status=404, key=request.path_params["key"])
            shapes = Presenter(self._site, "3")
            links = [shapes.link(issue, self._site.links[i]) for i in issue.links if i in self._site.links]
            return self._page(
                "issue.html",
                issue=self._row(issue),
                project=self._site.projects[issue.project],
                description=issue.fields.get("description"),
                facts=self._facts(issue),
                comments=[(self._name(c.author), c) for c in issue.comments],
                histories=[(self._name(h.author), h.created, _items(h)) for h in reversed(issue.histories)],
                left_out=issue.history_total - len(issue.histories),
                properties={k: json.dumps(v, ensure_ascii=False, indent=2) for k, v in issue.properties.items()},
                links=[_link(link) for link in links],
            )

    def _page(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        site = {
            "title": self._site.title,
            "flavour": "Jira Cloud" if self._site.flavour == "cloud" else "Jira Data Center",
            "now": self._site.clock.now(),
        }
        return HTMLResponse(
            self._templates.get_template(template).render(site=site, **values),
            status,
            {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'"},
        )

    # --- what a page shows ------------------------------------------------------------------------------------

    def _fits(self, issue: Issue, project: str, label: str, text: str) -> bool:
        if project and self._site.projects[issue.project].key != project:
            return False
        if label and label not in (issue.fields.get("labels") or ()):
            return False
        said = (
            f"{issue.key} {issue.fields.get('summary') or ''} {plain(issue.fields.get('description'))}" if text else ""
        )
        return text.casefold() in said.casefold()

    def _row(self, issue: Issue) -> dict[str, Json]:
        catalogue = self._site.catalogue
        status = catalogue.statuses[issue.fields["status"]]
        return {
            "key": issue.key,
            "type": catalogue.types[issue.fields["issuetype"]].name,
            "summary": issue.fields.get("summary") or "",
            "status": status.name,
            "category": status.category,
            "assignee": self._name(issue.fields.get("assignee")),
            "labels": issue.fields.get("labels") or [],
            "updated": issue.updated,
            "created": issue.created,
        }

    def _facts(self, issue: Issue) -> list[tuple[str, str]]:
        """Every filled field that has no place of its own on the page, as (name, text)."""
        shapes = Presenter(self._site, "3")
        facts = [("Reporter", self._name(issue.fields.get("reporter"))), ("Created", self._moment(issue.created))]
        if issue.resolved:
            facts.append(("Resolved", self._moment(issue.resolved)))
        for field in self._site.fields:
            stored = issue.fields.get(field.id)
            if field.id not in _HAS_A_PLACE and stored not in (None, [], ""):
                facts.append((field.name, _said(shapes.value(issue, field))))
        return facts

    def _name(self, account_id: str | None) -> str:
        account = self._site.people.accounts.get(account_id or "")
        return account.name if account else "–"

    def _moment(self, moment: datetime) -> str:
        return f"{moment.astimezone(self._site.time_zone):%Y-%m-%d %H:%M}"


_HAS_A_PLACE = frozenset(
    ("summary", "description", "status", "issuetype", "assignee", "reporter", "creator", "labels", "issuelinks")
)


def _said(value: Json) -> str:
    """A field's value in words."""
    if isinstance(value, dict):
        if value.get("type") == "doc":
            return plain(value)
        for name in ("displayName", "name", "value", "key"):
            if value.get(name):
                return str(value[name])
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return ", ".join(_said(each) for each in value)
    return str(value)


def _items(history: History) -> list[tuple[str, str, str]]:
    return [
        (
            str(item.get("field") or ""),
            str(item.get("fromString") or item.get("from") or ""),
            str(item.get("toString") or item.get("to") or ""),
        )
        for item in history.items
    ]


def _link(link: dict[str, Json]) -> tuple[str, str, str]:
    """(words, key, summary) of the other end."""
    outward = "outwardIssue" in link
    other = link["outwardIssue" if outward else "inwardIssue"]
    return link["type"]["outward" if outward else "inward"], other["key"], other["fields"]["summary"] or ""


def _adf(body: Json) -> Json:
    """The blocks of a long text in either form."""
    document = to_adf(body) if isinstance(body, str) else body
    return document.get("content") or []


def _safe_link(href: object) -> str:
    """The address, when a click on it does no harm; else nothing."""
    try:
        scheme = urlsplit(str(href)).scheme.lower()
    except ValueError:
        return ""
    return str(href) if scheme in ("http", "https", "mailto") else ""
