"""Pages in Confluence: one page a key, people's words kept to the byte, nothing written twice, by either interface."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from eal_jira.adapters import Adapters
from eal_jira.assemble import assembled, open_pages
from eal_jira.errors import (
    AnswerUnknown,
    ConfigError,
    NotAllowed,
    RefusedByTracker,
    TrackerUnreachable,
    TryLater,
)
from eal_jira.hookspecs import Colour, PatienceInMemory
from eal_jira.sandbox.faults import Instead, Reset, Times, login_page, on, unavailable
from eal_jira.settings import Settings, load_settings
from eal_jira.store import bans
from eal_jira.store.bans import StoredPatience
from eal_pages_confluence.merge import standing
from eal_pages_confluence.options import read_options
from eal_pages_confluence.site import Confluence
from tests.plugins.wiki_world import ANN, BODY, BOT, FIGURE, PAGE, WikiWorld, figure, served

CREATE = {"cloud": "/pages", "datacenter": "/content"}
CHANGED = replace(PAGE, body=BODY.replace("on the whole", "in the end"))


@pytest.fixture(params=["cloud", "datacenter"])
def world(request: pytest.FixtureRequest) -> Iterator[WikiWorld]:
    with served(request.param) as opened:
        yield opened


def test_a_page_is_made_under_the_space_s_homepage_with_its_picture(world: WikiWorld) -> None:
    ref = world.pages().put(PAGE)
    page = world.page
    assert (str(page.id), page.parent, page.now.title) == (ref.id, world.space.home, PAGE.title)
    assert ref.url.startswith(world.url)
    assert "<p>Hello <strong>you</strong>.</p>" in page.now.body
    assert 'ri:filename="eal-cycle.png"' in page.now.body
    assert [version.content for version in page.files["eal-cycle.png"].versions] == [b"image"]
    assert page.files["eal-cycle.png"].versions[0].minor


def test_the_same_page_twice_makes_no_version_and_no_write(world: WikiWorld) -> None:
    world.pages().put(PAGE)
    with world.counted() as arrived:
        world.pages().put(PAGE)
    assert len(world.page.versions) == 1
    assert {each.method for each in arrived} == {"GET"}


def test_another_text_is_the_next_version_of_the_same_page(world: WikiWorld) -> None:
    first = world.pages().put(PAGE)
    assert world.pages().put(CHANGED) == first
    assert len(world.page.versions) == 2
    assert "in the end" in world.body
    assert "on the whole" not in world.body


def test_another_picture_replaces_the_one_of_that_name_and_makes_no_version(world: WikiWorld) -> None:
    page = replace(PAGE, figures=(figure(b"old"),))
    world.pages().put(page)
    world.pages().put(replace(page, figures=(figure(b"new"),)))
    world.pages().put(replace(page, figures=(figure(b"new"),)))
    assert [version.content for version in world.page.files["eal-cycle.png"].versions] == [b"old", b"new"]
    assert len(world.page.versions) == 1


def test_a_page_that_people_renamed_is_found_and_keeps_their_title(world: WikiWorld) -> None:
    world.pages().put(PAGE)
    world.wiki.rename(world.page.id, "What March was like", ANN)
    world.pages().put(CHANGED)
    assert world.page.now.title == "What March was like"
    assert "in the end" in world.body


def test_a_title_of_ours_that_changes_is_taken_over_where_people_left_it(world: WikiWorld) -> None:
    world.pages().put(PAGE)
    world.pages().put(replace(PAGE, title="Payments: retro in March"))
    assert world.page.now.title == "Payments: retro in March"


def test_a_title_that_is_taken_gets_a_hash_beside_it(world: WikiWorld) -> None:
    theirs = world.wiki.create("TEAM", PAGE.title, "<p>Ours since 2019.</p>", None, ANN)
    ref = world.pages().put(PAGE)
    assert theirs.now.body == "<p>Ours since 2019.</p>"
    made = world.wiki.pages[int(ref.id)].now.title
    assert re.fullmatch(re.escape(PAGE.title) + r" \([0-9a-f]{6}\)", made)


def test_a_title_that_a_page_in_the_trash_has_is_taken_as_well(world: WikiWorld) -> None:
    theirs = world.wiki.create("TEAM", PAGE.title, "<p>Old.</p>", None, ANN)
    world.wiki.trash(theirs.id)
    ref = world.pages().put(PAGE)
    assert world.wiki.pages[int(ref.id)].now.title.startswith(f"{PAGE.title} (")


def test_a_page_that_people_deleted_is_made_anew(world: WikiWorld) -> None:
    first = world.pages().put(PAGE)
    world.wiki.trash(int(first.id))
    second = world.pages().put(PAGE)
    assert second.id != first.id
    assert world.pages().put(PAGE) == second


def test_a_newer_version_is_read_again_and_merged(world: WikiWorld) -> None:
    world.pages().put(PAGE)
    world.wiki.before_update = lambda: world.edit(lambda body: body + "<p>Mine, meanwhile.</p>")
    world.pages().put(CHANGED)
    assert world.body.endswith("<p>Mine, meanwhile.</p>")
    assert "in the end" in world.body


def test_somebody_who_is_always_quicker_puts_it_off(world: WikiWorld) -> None:
    world.pages().put(PAGE)

    def again() -> None:
        world.edit(lambda body: body + "<p>x</p>")
        world.wiki.before_update = again

    world.wiki.before_update = again
    with pytest.raises(TryLater) as raised:
        world.pages().put(CHANGED)
    assert raised.value.about == "issue"


def test_what_is_written_outside_stays_to_the_byte(world: WikiWorld) -> None:
    world.pages().put(PAGE)
    above, below = (
        "<p>Above&nbsp;all &ldquo;this&rdquo;</p>",
        '<ac:task-list><ac:task/></ac:task-list><p  class="x" >y</p>',
    )
    world.edit(lambda body: above + body + below)
    world.pages().put(CHANGED)
    assert world.body.startswith(above)
    assert world.body.endswith(below)


def test_what_is_added_between_our_blocks_moves_below_them(world: WikiWorld) -> None:
    world.pages().put(PAGE)
    section = "<h2>What I saw</h2><p>Nobody&nbsp;reviewed.</p>"
    world.edit(lambda body: body.replace("<h2>How it went</h2>", f"{section}<h2>How it went</h2>"))
    for page in (CHANGED, replace(PAGE, body="All new.")):
        world.pages().put(page)
        there = standing(world.body, re.findall("eal-jira-([0-9a-f]+)-end", world.body)[0])
        assert there is not None
        for part in ("<h2>What I saw</h2>", "<p>Nobody&nbsp;reviewed.</p>"):
            assert world.body.count(part) == 1
            assert world.body.encode().index(part.encode()) >= there.end.end


def test_a_paragraph_of_ours_that_people_changed_is_kept_beside_ours(world: WikiWorld) -> None:
    world.pages().put(PAGE)
    world.edit(lambda body: body.replace("It went well,", "It went badly,"))
    world.pages().put(CHANGED)
    assert "<p>It went badly, on the whole.</p>" in world.body
    assert "<p>It went well, in the end.</p>" in world.body


def test_a_comment_on_our_words_stays_on_them(world: WikiWorld) -> None:
    world.pages().put(PAGE)
    world.wiki.comment(world.page.id, "It went well", "c-1")
    world.pages().put(CHANGED)
    assert (
        '<p><ac:inline-comment-marker ac:ref="c-1">It went well</ac:inline-comment-marker>, in the end.' in world.body
    )


def test_a_comment_whose_words_are_gone_stays_with_the_words_that_it_was_about(world: WikiWorld) -> None:
    world.pages().put(PAGE)
    world.wiki.comment(world.page.id, "on the whole", "c-1")
    for page in (CHANGED, replace(PAGE, body="All new."), replace(PAGE, body="All new again.")):
        world.pages().put(page)
        assert world.wiki.comments(world.page.id) == {"c-1"}
        assert world.body.count(">on the whole</ac:inline-comment-marker>") == 1
    world.pages().put(PAGE)
    assert "went well, <ac:inline-comment-marker" in world.body
    assert "words that stood here" not in world.body


def test_a_page_without_its_anchors_is_left_alone_and_says_so(world: WikiWorld) -> None:
    world.pages().put(PAGE)
    world.edit(lambda body: "<p>All mine.</p>")
    with pytest.raises(RefusedByTracker, match="anchors"):
        world.pages().put(CHANGED)
    assert world.body == "<p>All mine.</p>"


def test_a_lost_answer_makes_no_second_page(world: WikiWorld) -> None:
    world.site.faults = Times(on("POST", CREATE[world.site.flavour]), Reset(after_effect=True))
    with pytest.raises(AnswerUnknown):
        world.pages().put(PAGE)
    ref = world.pages().put(PAGE)
    assert str(world.page.id) == ref.id


def test_broken_off_after_each_request_the_same_page_again_completes_it(world: WikiWorld) -> None:
    with served(world.site.flavour) as quiet:
        with quiet.counted() as arrived:
            quiet.pages().put(PAGE)
        count = len(arrived)
    for number in range(1, count + 1):
        with served(world.site.flavour) as each:
            first = next(each.site.arrivals)
            each.site.faults = Times(lambda e, at=first + number: e.number >= at, Reset(after_effect=True), times=4)
            with pytest.raises(TrackerUnreachable):
                each.pages().put(PAGE)
            each.site.faults = None
            each.pages().put(PAGE)
            assert len(each.ours()) == 1
            assert len(each.page.versions) == 1
            assert len(each.page.files["eal-cycle.png"].versions) == 1
            assert each.page.properties["eal-jira"].value["key"] == PAGE.key


def test_a_failing_server_is_asked_again_and_a_create_is_not(world: WikiWorld) -> None:
    world.site.faults = Times(on("GET", "/user/current"), Instead(502), times=2)
    world.pages().put(PAGE)
    assert len(world.waits) == 2
    world.site.faults = Times(on("POST", CREATE[world.site.flavour]), Instead(502))
    with pytest.raises(AnswerUnknown):
        world.pages().put(replace(PAGE, key="retro:2", title="Another"))
    assert len(world.waits) == 2


def test_a_short_wait_that_is_named_is_kept_and_a_long_one_is_for_the_next_cycle(world: WikiWorld) -> None:
    limited = Instead(429, headers={"Retry-After": "3"})
    world.site.faults = Times(on("GET", "/user/current"), limited)
    world.pages().put(PAGE)
    assert 3 <= world.waits[0] < 4
    world.site.faults = Times(on("GET", "/user/current"), unavailable("600"))
    pages = world.pages()
    with pytest.raises(TryLater) as raised:
        pages.put(CHANGED)
    assert raised.value.wait == timedelta(minutes=10)
    with world.counted() as arrived, pytest.raises(TryLater):
        pages.put(CHANGED)
    assert arrived == []


def test_a_credential_that_is_not_taken_stops_at_once(world: WikiWorld) -> None:
    world.site.revoke_token(BOT)
    with world.counted() as arrived, pytest.raises(NotAllowed, match="does not accept the credential"):
        world.pages().put(PAGE)
    assert len(arrived) == 1


def test_an_answer_to_nobody_puts_nothing(world: WikiWorld) -> None:
    world.site.anonymous_fallback = True
    world.site.revoke_token(BOT)
    with pytest.raises(NotAllowed):
        world.pages().put(PAGE)
    assert world.ours() == []


def test_a_login_page_instead_of_data_says_so(world: WikiWorld) -> None:
    world.site.faults = Times(on("GET", "/user/current"), login_page())
    with pytest.raises(NotAllowed, match="login page"):
        world.pages().put(PAGE)


def test_a_redirect_takes_no_credential_along(world: WikiWorld) -> None:
    away = Instead(302, headers={"Location": "https://elsewhere.example.com/x"})
    world.site.faults = Times(on("GET", "/user/current"), away)
    with pytest.raises(TrackerUnreachable, match="elsewhere"):
        world.pages().put(PAGE)


def test_nobody_there_is_unreachable_with_no_secret_in_its_words(world: WikiWorld) -> None:
    pages = Confluence(replace(world.options(), url="http://127.0.0.1:9/wiki"), PatienceInMemory(), world.waits.append)
    with pytest.raises(TrackerUnreachable) as raised:
        pages.put(PAGE)
    assert world.options().secret() not in str(raised.value)


def test_a_secret_that_was_replaced_is_taken_up(world: WikiWorld) -> None:
    user, token = world.site.credentials(BOT)
    said = ["wrong"]
    table = {"url": world.url, "space": "TEAM", **({"user": user} if user else {})}
    pages = Confluence(read_options(table, lambda: said[0]), PatienceInMemory(), world.waits.append)
    with pytest.raises(NotAllowed):
        pages.put(PAGE)
    said[0] = token
    pages.put(PAGE)
    assert len(world.ours()) == 1


def test_doctor_says_who_we_are_and_where_pages_go(world: WikiWorld) -> None:
    checks = list(world.pages().checks())
    assert [check.colour for check in checks] == [Colour.GREEN, Colour.GREEN]
    assert BOT in checks[0].found
    assert "TEAM" in checks[1].found


def test_doctor_says_what_is_in_the_way(world: WikiWorld) -> None:
    world.wiki.readers.add(BOT)
    assert "may not edit" in list(world.pages().checks())[-1].found
    assert "can't be seen" in list(world.pages(parent="99").checks())[-1].found
    assert "no space OTHER" in list(world.pages(space="OTHER").checks())[-1].found
    world.site.revoke_token(BOT)
    (check,) = world.pages().checks()
    assert check.colour is Colour.RED


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({}, "pages.confluence.url is missing"),
        ({"url": "https://x.example.com/wiki"}, "pages.confluence.space is missing"),
        ({"url": "x", "space": "T"}, "no web address"),
        ({"url": "https://a:b@x.example.com", "space": "T"}, "holds a user or password"),
        ({"url": "https://x.example.com", "space": "T", "parnt": "1"}, "Did you mean 'parent'"),
        ({"url": "https://x.example.com", "space": "T", "parent": "Home"}, "is no page id"),
        ({"url": "https://x.example.com", "space": "T", "timeout": "1"}, "number of seconds"),
        ({"url": "https://x.example.com", "space": "T", "ca_file": "/none.pem"}, "there is no file"),
        ({"url": "https://x.example.com", "space": 1}, "is not a text"),
    ],
)
def test_options_that_can_t_be_used_are_named(table: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(words)):
        read_options(table, lambda: "t")


def test_the_adapter_comes_in_through_the_same_door_as_anyone_s() -> None:
    table = {"url": "https://example.atlassian.net", "space": "T"}
    with pytest.raises(ConfigError, match=r"token is missing"):
        Adapters.installed().pages("confluence", table, None)  # type: ignore[arg-type]
    assert read_options(table, lambda: "t").url == "https://example.atlassian.net/wiki"


def test_people_s_words_and_ours_together_stay_below_what_cloud_takes() -> None:
    with served("cloud") as world:
        world.pages().put(PAGE)
        theirs = "<p>" + "x" * 2_000_000 + "</p>"
        world.edit(lambda body: body + theirs)
        long = replace(PAGE, body="\n\n".join(f"Paragraph {n} " + "y" * 900 for n in range(5_000)))
        world.pages().put(long)
        assert world.body.endswith(theirs)
        assert "cut here" in world.body
        assert len(json.dumps(world.body)) < 5_000_000
        assert FIGURE.name == "cycle"


def configured(world: WikiWorld, tmp_path: Path) -> Settings:
    user, token = world.site.credentials(BOT)
    (tmp_path / "token").write_text(token + "\n")
    account = f'user = "{user}"' if user else ""
    (tmp_path / "eal-jira.toml").write_text(f"""
        [tracker]
        adapter = "jira"
        url = "http://127.0.0.1:1"
        token = {{ env = "X" }}
        learning_project = "EAL"
        [pages.confluence]
        url = "{world.url}"
        {account}
        token = {{ file = "{tmp_path / "token"}" }}
        space = "TEAM"
        [[teams]]
        name = "Payments"
        projects = ["PAY"]
        pages = ["confluence"]
    """)
    return load_settings(tmp_path / "eal-jira.toml")


def test_a_config_with_a_secret_in_a_file_puts_a_page(world: WikiWorld, tmp_path: Path) -> None:
    settings = configured(world, tmp_path)
    pages = open_pages(Adapters.installed(), "confluence", settings)
    assert [check.colour for check in pages.checks()] == [Colour.GREEN, Colour.GREEN]
    pages.put(PAGE)
    assert world.page.now.title == PAGE.title


def test_a_wait_that_was_asked_for_outlasts_a_restart_and_holds_for_nothing_else(
    world: WikiWorld, tmp_path: Path
) -> None:
    settings = configured(world, tmp_path)
    world.site.faults = Times(on("GET", "/user/current"), unavailable("600"))
    with assembled(settings) as house, pytest.raises(TryLater):
        house.pages["confluence"].put(PAGE)
    with assembled(settings) as house:
        with world.counted() as arrived, pytest.raises(TryLater) as raised:
            house.pages["confluence"].put(PAGE)
        assert arrived == []
        assert timedelta(minutes=9) < (raised.value.wait or timedelta()) <= timedelta(minutes=10)
        with house.store.read() as connection:
            (ban,) = bans.active(connection, datetime.now(UTC))
        assert (ban.what, ban.pages) == ("pages:confluence", "confluence")
        assert StoredPatience(house.store).until("") is None, "the tracker has asked for nothing"
        # when it is over, or was put down by a clock that went wrong, it holds nothing back
        for until in (timedelta(seconds=-1), timedelta(days=400)):
            StoredPatience(house.store, pages="confluence").ask("", datetime.now(UTC) + until, "")
            house.pages["confluence"].put(PAGE)
    assert world.page.now.title == PAGE.title
