"""The config file: the example loads, and every mistake is told with its place and remedy, never with a secret."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from eal_jira.errors import ConfigError
from eal_jira.settings import Secret, find_config, load_settings

EXAMPLE = Path(__file__).parents[1] / "config.example.toml"

SMALLEST = """
[tracker]
adapter = "jira"
url = "https://example.atlassian.net"
token = { env = "EAL_JIRA_TOKEN" }
learning_project = "EAL"
[[teams]]
name = "Payments"
projects = ["PAY"]
"""


def load(tmp_path: Path, text: str) -> object:
    path = tmp_path / "eal-jira.toml"
    path.write_text(text)
    return load_settings(path)


def complaint(tmp_path: Path, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    assert caught.value.exit_code == 78
    return str(caught.value)


def test_the_example_file_loads_and_shows_every_key() -> None:
    settings = load_settings(EXAMPLE)
    assert settings.teams[0].scope.projects == ("PAY",)
    text = EXAMPLE.read_text()
    for part in (settings.tracker, settings.run, settings.decisions, settings.templates, settings.teams[0]):
        for name, field in type(part).model_fields.items():
            assert (field.alias or name) in text, f"{name} is not in config.example.toml"


def test_the_smallest_config_is_tracker_and_one_team(tmp_path: Path) -> None:
    settings = load(tmp_path, SMALLEST)
    assert settings.store.url == "sqlite:///eal.db"
    assert settings.teams[0].pages == ("html",)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            'projects = ["PAY"]',
            'projects = ["PAY"]\nhosts = ["ann@example.com"]',
            "is no role; pages show it, so name no person",
        ),
        ("url =", "ulr =", "tracker.ulr is not a key of the config. Did you mean 'url'?"),
        ("learning_project", "learning_projekt", "Did you mean 'learning_project'?"),
        ('projects = ["PAY"]', 'projects = ["PAY"]\nguideline = "x"', "Did you mean 'guidelines'?"),
        ('projects = ["PAY"]', 'projects = ["PAY"]\nmin_group = "many"', "teams.0.min_group"),
        ('projects = ["PAY"]', 'projects = ["PAY"]\nmin_group = 1', "greater than or equal to 3"),
        ('projects = ["PAY"]', "", "needs exactly one of projects, board, jql"),
        ('projects = ["PAY"]', 'projects = ["PAY"]\nboard = 3', "needs exactly one of projects, board, jql"),
        ('projects = ["PAY"]', 'projects = ["PAY"]\nretro = "weekli"', "'sprint', 'weekly', 'monthly' or a cron line"),
        ('projects = ["PAY"]', 'projects = ["PAY"]\ntime_zone = "Berlin"', "no IANA time zone"),
        ("https://example", "example", "is no web address"),
        ("https://example", "https://bot:pw@example", "put the credential in `user` and `token`"),
        ('{ env = "EAL_JIRA_TOKEN" }', "{ }", "needs exactly one of env, file, command, keyring"),
        ('learning_project = "EAL"\n', "", "tracker.learning_project is missing"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_the_remedy(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in SMALLEST
    message = complaint(tmp_path, SMALLEST.replace(old, new, 1))
    assert said in message
    assert "eal-jira.toml" in message


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    message = complaint(tmp_path, SMALLEST.replace("url =", "ulr =").replace("projects", "project"))
    assert "tracker.ulr" in message
    assert "teams.0.project" in message


def test_a_secret_in_the_file_is_refused_and_not_repeated(tmp_path: Path) -> None:
    message = complaint(tmp_path, SMALLEST.replace('{ env = "EAL_JIRA_TOKEN" }', '"s3cret-t0ken"'))
    assert "keep it out of this file" in message
    assert "s3cret" not in message


def test_a_misplaced_secret_is_not_repeated_either(tmp_path: Path) -> None:
    message = complaint(tmp_path, SMALLEST + 'tokn = "s3cret-t0ken"\n')
    assert "s3cret" not in message


def test_broken_toml_names_the_line(tmp_path: Path) -> None:
    assert "line 3" in complaint(tmp_path, "\n\n[tracker\n")


def test_a_missing_file_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"config\.example\.toml"):
        load_settings(tmp_path / "none.toml")


def test_two_teams_of_one_name_are_refused(tmp_path: Path) -> None:
    assert "two teams are called 'Payments'" in complaint(
        tmp_path, SMALLEST + '[[teams]]\nname = "Payments"\nprojects = ["X"]\n'
    )


def test_the_config_is_found_by_flag_then_environment_then_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EAL_JIRA_CONFIG", raising=False)
    assert find_config(None) == Path("eal-jira.toml")
    monkeypatch.setenv("EAL_JIRA_CONFIG", "there.toml")
    assert find_config(None) == Path("there.toml")
    assert find_config(Path("here.toml")) == Path("here.toml")


def test_a_secret_is_read_afresh_each_time(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("one\n")
    secret = Secret(file=file)
    assert secret.read() == "one"
    file.write_text("two\n")
    assert secret.read() == "two"


def test_a_secret_comes_from_a_command(tmp_path: Path) -> None:
    script = tmp_path / "print-it"
    script.write_text("#!/bin/sh\necho abc\n")
    script.chmod(script.stat().st_mode | stat.S_IEXEC)
    assert Secret(command=(str(script),)).read() == "abc"


@pytest.mark.parametrize(
    "secret",
    [
        Secret(env="EAL_NO_SUCH"),
        Secret(file=Path("no/such")),
        Secret(command=("no-such-program",)),
        Secret(env="EMPTY"),
    ],
)
def test_a_secret_that_is_not_there_names_the_place(secret: Secret, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMPTY", " ")
    with pytest.raises(ConfigError) as caught:
        secret.read()
    assert caught.value.remedy


def test_a_place_for_pages_names_where_its_secret_stands_and_never_holds_it(tmp_path: Path) -> None:
    file = tmp_path / "eal-jira.toml"
    head = EXAMPLE.read_text().replace('token = { env = "EAL_CONFLUENCE_TOKEN" }', "token = {}", 1)
    file.write_text(head.replace("token = {}", 'token = "abc123"', 1))
    with pytest.raises(ConfigError) as raised:
        load_settings(file)
    assert "pages.confluence.token" in str(raised.value)
    assert "abc123" not in str(raised.value)
    file.write_text(head.replace("token = {}", 'token = { env = "EAL_W" }', 1))
    part = load_settings(file).pages["confluence"]
    assert "token" not in part.options
    assert part.secret is not None
