"""The folder of HTML pages: nothing written twice, people's words kept to the byte, nothing run and nothing loaded."""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from eal_jira.adapters import Adapters
from eal_jira.errors import ConfigError, RefusedByTracker, TryLater
from eal_jira.model import Figure, Page
from eal_pages_html import Options, Site
from eal_pages_html.marked import BEGIN, END, NOTES, NOTES_END, Theirs, put_together, theirs
from eal_pages_html.names import file_name, folder_name
from tests.documents.reading import read_html

FIGURE = Figure(
    "cycle", "Cycle time", "Half took under 3 days.", ("issue",), (("PAY-1",),), "<svg><text>x</text></svg>"
)
PAGE = Page("retro:1", "Payments", "March 2026", "Hello **you**.\n\n![How?](figure:cycle)\n", (FIGURE,), "2026-03-31")


def site(folder: Path, base_url: str = "") -> Site:
    return Site(Options(folder, base_url))


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def stamps(folder: Path) -> dict[str, tuple[int, int]]:
    """What a rewrite would change even where the bytes stay: inode and time."""
    return {str(path): (path.stat().st_ino, path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file()}


def test_a_page_becomes_a_file_with_its_place_in_both_indexes(tmp_path: Path) -> None:
    ref = site(tmp_path).put(PAGE)
    assert sorted(files(tmp_path)) == sorted(["index.html", "pages.json", "payments/index.html", ref.id])
    page = (tmp_path / ref.id).read_text()
    assert "<h1>March 2026</h1>" in page
    assert "<p>Hello <strong>you</strong>.</p>" in page
    assert "<svg><text>x</text></svg>" in page
    assert f'href="{Path(ref.id).name}">March 2026' in (tmp_path / "payments" / "index.html").read_text()
    assert f'href="{ref.id}">March 2026' in (tmp_path / "index.html").read_text()
    assert ref.url == (tmp_path / ref.id).as_uri()


def test_links_lead_to_where_the_folder_is_served(tmp_path: Path) -> None:
    ref = site(tmp_path, "https://retros.example.com/eal").put(PAGE)
    assert ref.url == f"https://retros.example.com/eal/{ref.id}"


def test_the_same_page_twice_writes_nothing(tmp_path: Path) -> None:
    first = site(tmp_path).put(PAGE)
    before = stamps(tmp_path)
    assert site(tmp_path).put(PAGE) == first
    assert stamps(tmp_path) == before


def test_the_same_pages_make_the_same_bytes(tmp_path: Path) -> None:
    pages = [PAGE, replace(PAGE, key="retro:2", date="2026-04-30"), replace(PAGE, key="x", team="Ärzte & Co")]
    for folder in ("one", "other"):
        for page in pages:
            site(tmp_path / folder).put(page)
    assert files(tmp_path / "one") == files(tmp_path / "other")


def test_a_changed_page_changes_its_own_file_only(tmp_path: Path) -> None:
    ref = site(tmp_path).put(PAGE)
    before = stamps(tmp_path)
    site(tmp_path).put(replace(PAGE, body="Goodbye."))
    changed = {path for path, stamp in stamps(tmp_path).items() if before.get(path) != stamp}
    assert changed == {str(tmp_path / ref.id)}


def test_a_page_is_found_by_its_key_whatever_it_is_called(tmp_path: Path) -> None:
    ref = site(tmp_path).put(PAGE)
    assert site(tmp_path).put(replace(PAGE, title="Spring", team="Payments and Refunds")).id == ref.id
    assert "Spring" in (tmp_path / "index.html").read_text()
    assert "March" not in (tmp_path / "index.html").read_text()


def test_pages_stand_newest_first_and_teams_by_name(tmp_path: Path) -> None:
    for number, (team, date) in enumerate(
        [("Web", "2026-01-31"), ("Web", "2026-03-31"), ("Api", "2026-02-28"), ("Web", "2026-02-28")]
    ):
        site(tmp_path).put(Page(f"k{number}", team, f"{team} {date}", "x", (), date))
    index = (tmp_path / "index.html").read_text()
    shown = re.findall(r">((?:Web|Api)[^<]*)</a>", index)
    assert shown == ["Api", "Api 2026-02-28", "Web", "Web 2026-03-31", "Web 2026-02-28", "Web 2026-01-31"]


def test_what_people_write_stays_to_the_byte(tmp_path: Path) -> None:
    path = tmp_path / site(tmp_path).put(PAGE).id
    edited = path.read_bytes().replace(b"<p>Nothing here yet.</p>", b"<p>Ours: \xff\x00 \r\n caf\xe9</p>")
    path.write_bytes(b"\xef\xbb\xbf<!-- before -->" + edited + b"\n<p>after</p>")
    site(tmp_path).put(replace(PAGE, body="New text."))
    content = path.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf<!-- before -->" + BEGIN)
    assert b"<p>Ours: \xff\x00 \r\n caf\xe9</p>" in content
    assert content.endswith(END + b"\n\n<p>after</p>")
    assert b"New text." in content
    assert b"Hello" not in content


@settings(max_examples=50)
@given(before=st.binary(max_size=50), notes=st.binary(max_size=50), after=st.binary(max_size=50))
def test_any_bytes_of_theirs_survive_any_change_of_ours(before: bytes, notes: bytes, after: bytes) -> None:
    assume(not any(b"<!-- eal-jira" in part for part in (before, notes, after)))
    kept = theirs(put_together(b"old", b"old", Theirs(before, notes, after)))
    assert kept == Theirs(before, notes, after)
    assert kept is not None
    assert theirs(put_together(b"new", b"newer", kept)) == kept


@pytest.mark.parametrize("marker", [BEGIN, NOTES, NOTES_END, END])
@pytest.mark.parametrize("instead", [b"", b"twice"])
def test_a_page_whose_markers_are_gone_is_left_as_it_is(tmp_path: Path, marker: bytes, instead: bytes) -> None:
    path = tmp_path / site(tmp_path).put(PAGE).id
    path.write_bytes(path.read_bytes().replace(marker, marker * 2 if instead else b""))
    damaged = path.read_bytes()
    with pytest.raises(RefusedByTracker, match="move the file away"):
        site(tmp_path).put(replace(PAGE, body="New text."))
    assert path.read_bytes() == damaged
    path.rename(tmp_path / "kept.html")
    site(tmp_path).put(replace(PAGE, body="New text."))
    assert b"New text." in path.read_bytes()


def test_a_write_that_was_broken_off_is_completed_by_the_next(tmp_path: Path) -> None:
    """After the page, after the list, after each index: whatever is missing is made, whatever is there stays."""
    ref = site(tmp_path).put(PAGE)
    whole = files(tmp_path)
    for missing in [["index.html"], ["index.html", "payments/index.html"], [*(set(whole) - {ref.id})], [*whole]]:
        for name in missing:
            (tmp_path / name).unlink()
        assert site(tmp_path).put(PAGE) == ref
        assert files(tmp_path) == whole


def test_the_list_of_pages_can_be_lost_without_losing_notes(tmp_path: Path) -> None:
    path = tmp_path / site(tmp_path).put(PAGE).id
    path.write_bytes(path.read_bytes().replace(b"Nothing here yet.", b"Precious."))
    (tmp_path / "pages.json").unlink()
    site(tmp_path).put(replace(PAGE, body="New text."))
    assert b"Precious." in path.read_bytes()


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"schema_version": 2, "pages": {}}', "\x00", '{"schema_version":1,"pages":{"a":{}}}']
)
def test_a_list_of_pages_that_can_not_be_read_stops_before_anything_is_written(tmp_path: Path, content: str) -> None:
    (tmp_path / "pages.json").write_text(content)
    with pytest.raises(RefusedByTracker, match=r"pages\.json can't be used"):
        site(tmp_path).put(PAGE)
    assert list(files(tmp_path)) == ["pages.json"]


def test_a_folder_that_can_not_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(TryLater, match="Not a directory"):
        site(tmp_path / "file").put(PAGE)
    assert files(tmp_path) == {"file": b"in the way"}


def test_a_page_keeps_the_rights_its_file_was_given(tmp_path: Path) -> None:
    path = tmp_path / site(tmp_path).put(PAGE).id
    assert path.stat().st_mode & 0o777 == 0o666 & ~_umask()
    path.chmod(0o640)
    site(tmp_path).put(replace(PAGE, body="New text."))
    assert path.stat().st_mode & 0o777 == 0o640


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_many_at_once_lose_nothing(tmp_path: Path) -> None:
    pages = [Page(f"k{number}", f"Team {number % 3}", f"Page {number}", "x", (), "2026") for number in range(24)]
    with ThreadPoolExecutor(6) as threads:
        refs = list(threads.map(site(tmp_path).put, pages))
    listed = "".join(path.read_text() for path in tmp_path.glob("*/index.html"))
    assert len({ref.id for ref in refs}) == 24
    assert all(f">Page {number}<" in listed for number in range(24))
    assert not [name for name in files(tmp_path) if name.endswith(".tmp")]


@pytest.mark.parametrize(
    "name", ["../../etc", "..", "", "/", "C:\\x", "a/b", "ÄÖ", "日本", "\ud800", "x" * 500, "a\nb", "CON"]
)
def test_no_name_leads_out_of_the_folder_or_onto_another_page(tmp_path: Path, name: str) -> None:
    ref = site(tmp_path / "site").put(replace(PAGE, key=name, team=name))
    other = site(tmp_path / "site").put(replace(PAGE, key=name + " ", team=name))
    assert (tmp_path / "site" / ref.id).resolve().is_relative_to((tmp_path / "site").resolve())
    assert re.fullmatch(r"[a-z0-9-]+/[a-z0-9-]+\.html", ref.id)
    assert ref.id != other.id
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_names_stay_readable() -> None:
    assert folder_name("Payments") == "payments"
    assert folder_name("Search Tools") == "search-tools"
    assert folder_name("Search & Tools") != folder_name("Search: Tools")
    assert file_name("retro:Payments:2026-03-31").startswith("retro-payments-2026-03-31-")


def test_a_page_runs_nothing_and_loads_nothing(tmp_path: Path) -> None:
    hostile = '"><script>alert(1)</script><img src=https://x.example/>'
    page = Page("k", hostile, hostile, "[x](https://x.example) <script>", (), hostile)
    site(tmp_path).put(page)
    for name, content in files(tmp_path).items():
        if name.endswith(".html"):
            form, _ = read_html(content.decode())
            tags = [
                (entry[0], dict(entry[1])) for entry in form if isinstance(entry, tuple) and isinstance(entry[1], list)
            ]
            assert {
                tag for tag, _ in tags if tag in ("script", "img", "link", "iframe", "object", "base", "form")
            } == set()
            assert {
                key for tag, attributes in tags for key in attributes if key == "src" or key.startswith("on")
            } == set()
            assert {tag for tag, attributes in tags if "href" in attributes} == {"a"}
            assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:;" in content.decode()
            assert "url(" not in content.decode()


def test_a_page_has_one_name_one_main_part_and_headings_in_order(tmp_path: Path) -> None:
    ref = site(tmp_path).put(replace(PAGE, body="## A\n\n### B\n\n## C\n"))
    page = (tmp_path / ref.id).read_text()
    assert page.count("<h1>") == page.count("<main ") == page.count("<title>") == 1
    assert re.findall(r"<h(\d)", page) == ["1", "2", "3", "2", "2"]
    assert re.search(r'<body>\s*<a class="skip" href="#main">', page)
    assert '<html lang="en">' in page


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"foldr": "x"}, "pages.html.foldr is not known"),
        ({"folder": 3}, "pages.html.folder must be a text"),
        ({"folder": ""}, "pages.html.folder must be a text"),
        ({"base_url": "retros.example.com"}, "pages.html.base_url is no web address"),
    ],
)
def test_options_that_can_not_be_used_are_told_by_their_key(options: dict[str, object], problem: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(problem)):
        Adapters.installed().pages("html", options, Path())


def test_the_adapter_comes_in_by_its_entry_point(tmp_path: Path) -> None:
    adapters = Adapters.installed()
    assert ("html", "pages") in {(info.name, info.kind) for info in adapters.infos()}
    pages = adapters.pages("html", {"folder": str(tmp_path)}, Path())
    assert (tmp_path / pages.put(PAGE).id).exists()


def test_what_people_wrote_is_read_as_lines(tmp_path: Path) -> None:
    pages = site(tmp_path)
    assert pages.theirs("retro:1") == "", "there is no page yet"
    path = tmp_path / pages.put(PAGE).id
    assert pages.theirs("retro:1") == "", "nobody wrote yet"
    content = path.read_bytes()
    notes = (
        b"<ul><li><input type='checkbox'>pair &amp; <b>mend</b><li><input type=checkbox checked> ship</ul>"
        b"<script>Action: no</script>\nAction: in plain text\n"
    )
    begun = content.index(NOTES) + len(NOTES)
    path.write_bytes(b"<p>Goal: up here</p>" + content[:begun] + notes + content[content.index(NOTES_END) :] + b"after")
    assert pages.theirs("retro:1").split("\n") == [
        "Goal: up here",
        "[ ] pair & mend",
        "[x] ship",
        "Action: in plain text",
        "after",
    ]
    path.write_bytes(b"no markers any more")
    assert pages.theirs("retro:1") == ""
