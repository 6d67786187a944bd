"""Looks at pages with a real browser and tells what it saw, as JSON. Runs in an environment of its own (make browser).

    python tests/browser/look.py FILE... [--shots FOLDER]

For each file: what axe-core finds, requests that tried to leave, script errors, what the page's policy refused, whether
anything is wider than a phone, and the order in which the tab key goes through the page. With --shots, pictures: light,
dark, phone, print. With --bare, instead of all this: each file without any policy, what it runs and where it leads.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-not-found]
from playwright.sync_api import Browser, Page, sync_playwright  # type: ignore[import-not-found]

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND",
]
DESK, PHONE = {"width": 1100, "height": 900}, {"width": 390, "height": 844}
STRICT = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""The policy under which a page must show itself whole, whatever its own says."""

OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
TABBED = """() => { const e = document.activeElement;
  return e === document.body ? "" : (e.getAttribute("aria-label") || e.textContent.trim()).slice(0, 60) }"""
ORDER = """() => [...document.querySelectorAll("a[href],summary,[tabindex='0']")].filter(e => e.checkVisibility())
  .map(e => (e.getAttribute("aria-label") || e.textContent.trim()).slice(0, 60))"""


RUNS = """() => [...document.querySelectorAll("*")].flatMap(e => [
  ...(/^(script|i?frame|object|embed|base|form|link|animate|set|foreignobject)$/i.test(e.localName)
    ? [e.localName] : []),
  ...(e.localName === "meta" && e.httpEquiv === "refresh" ? ["refresh"] : []),
  ...[...e.attributes].map(a => a.name).filter(name => name.startsWith("on"))])"""
LINKS = """() => [...document.querySelectorAll("a, area")]
  .map(e => e.getAttribute("href") ?? e.getAttribute("xlink:href"))"""
TOUCHED = """() => document.querySelectorAll("*").forEach(e => {
  if (e.localName === "details") e.open = true;
  for (const kind of ["mouseover", "focus", "click"])
    if (kind !== "click" || !e.closest("a")) e.dispatchEvent(new Event(kind, {bubbles: true})) })"""


def seen(browser: Browser, file: Path) -> dict[str, Any]:
    found: dict[str, Any] = {"file": file.name, "axe": [], "requests": [], "errors": [], "refused": [], "wide": {}}
    for scheme, size in (("light", DESK), ("dark", DESK), ("light", PHONE)):
        context = browser.new_context(viewport=size, color_scheme=scheme)
        page = context.new_page()
        served = f"https://page.invalid/{file.name}"

        page.route("**/*", _answering(served, file, found["requests"]))
        page.on("pageerror", lambda error: found["errors"].append(str(error)))
        page.on("console", lambda said: found["refused"].append(said.text) if said.type == "error" else None)
        page.goto(served)
        found["wide"][f"{scheme} {size['width']}"] = page.evaluate(OVERFLOW)
        if (scheme, size) == ("light", DESK):
            found["tab"] = _tabbed(page)
            found["order"] = page.evaluate(ORDER)
            found["shown"] = page.evaluate("() => getComputedStyle(document.body).maxWidth !== 'none'")
            found["svgs"] = page.locator("figure svg").count()
        page.evaluate("() => document.querySelectorAll('details').forEach(d => d.open = true)")
        context.close()
        found["axe"] += _axe(browser, file, scheme, size)
    return found


def seen_bare(browser: Browser, file: Path) -> dict[str, Any]:
    """What a page does that nobody keeps in check: every element is touched, and nothing but the page's text holds."""
    found: dict[str, Any] = {"file": file.name, "requests": [], "errors": [], "dialogs": []}
    context = browser.new_context(viewport=DESK, bypass_csp=True)
    page = context.new_page()
    address = f"https://page.invalid/{file.name}"

    def answer(route: Any) -> None:
        if route.request.url == address:
            route.fulfill(body=file.read_bytes(), headers={"content-type": "text/html; charset=utf-8"})
        else:
            found["requests"].append(route.request.url)
            route.abort()

    def dialog(asked: Any) -> None:
        found["dialogs"].append(asked.message)
        asked.dismiss()

    page.route("**/*", answer)
    page.on("dialog", dialog)
    page.on("pageerror", lambda error: found["errors"].append(str(error)))
    page.goto(address)
    page.evaluate(TOUCHED)
    page.wait_for_timeout(300)
    found["runs"], found["links"] = page.evaluate(RUNS), page.evaluate(LINKS)
    found["text"] = page.evaluate("() => document.body.textContent")
    context.close()
    return found


def _answering(address: str, file: Path, tried: list[str]) -> Callable[[Any], None]:
    """Serves the one page under the strict policy; everything else that is asked for is noted and refused."""

    def answer(route: Any) -> None:
        if route.request.url == address:
            headers = {"content-security-policy": STRICT, "content-type": "text/html; charset=utf-8"}
            route.fulfill(body=file.read_bytes(), headers=headers)
        else:
            tried.append(route.request.url)
            route.abort()

    return answer


def _tabbed(page: Page) -> list[str]:
    order: list[str] = []
    for _ in range(400):
        page.keyboard.press("Tab")
        here = page.evaluate(TABBED)
        if not here:
            break
        order.append(here)
    return order


def _axe(browser: Browser, file: Path, scheme: str, size: dict[str, int]) -> list[dict[str, Any]]:
    """axe is a script, which the page's own policy refuses: for this look, and only here, the policy is passed over."""
    context = browser.new_context(viewport=size, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    page.goto(file.resolve().as_uri())
    page.evaluate("() => document.querySelectorAll('details').forEach(d => d.open = true)")
    result = Axe().run(page).response["violations"]
    context.close()
    return [
        {
            "rule": each["id"],
            "impact": each["impact"],
            "how": f"{scheme} {size['width']}",
            "help": each["help"],
            "where": [node["html"][:160] for node in each["nodes"][:3]],
            "count": len(each["nodes"]),
        }
        for each in result
    ]


def shoot(browser: Browser, file: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, scheme, size in (("light", "light", DESK), ("dark", "dark", DESK), ("phone", "light", PHONE)):
        page = browser.new_context(viewport=size, color_scheme=scheme).new_page()
        page.goto(file.resolve().as_uri())
        page.screenshot(path=str(folder / f"{file.stem}-{name}.png"), full_page=True)
    page = browser.new_context(viewport={"width": 794, "height": 1123}).new_page()
    page.goto(file.resolve().as_uri())
    page.emulate_media(media="print")
    page.screenshot(path=str(folder / f"{file.stem}-print.png"), full_page=True)
    page.pdf(path=str(folder / f"{file.stem}.pdf"), format="A4", prefer_css_page_size=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--shots", type=Path)
    parser.add_argument("--bare", action="store_true")
    parser.add_argument("--browser", default="/usr/bin/chromium")
    options = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.browser, headless=True, args=FLAGS)
        look = seen_bare if options.bare else seen
        json.dump([look(browser, file) for file in options.files], sys.stdout, indent=1)
        for file in options.files if options.shots else ():
            shoot(browser, file, options.shots)
        browser.close()


if __name__ == "__main__":
    main()
