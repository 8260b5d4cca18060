"""Settings: allowed values, the messages for others, and documentation of each."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from contracts.settings import PREFIX, Settings, SettingsError, load_settings

DOCUMENT = Path(__file__).parents[2] / "docs" / "configuration.md"


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_stands_in_the_document_with_its_default_and_meaning(name):
    field = Settings.model_fields[name]
    default = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
    row = f"| `{PREFIX}{name.upper()}` | {'empty' if default in {None, ''} else f'`{default}`'} | {field.description} |"
    assert row in DOCUMENT.read_text(encoding="utf-8")


def test_load_settings_reads_the_environment_and_overrides_win(monkeypatch):
    monkeypatch.setenv("TURRET_COLLECTOR_PORT", "9001")
    monkeypatch.setenv("TURRET_DASHBOARD_PORT", "9002")
    settings = load_settings(dashboard_port=9003)
    assert (settings.collector_port, settings.dashboard_port) == (9001, 9003)


@pytest.mark.parametrize(
    ("variable", "value", "allowed"),
    [
        ("TURRET_COLLECTOR_PORT", "70000", "less than or equal to 65535"),
        ("TURRET_COLLECTOR_PORT", "web", "valid integer"),
        ("TURRET_HOME", "/var/a#b", "a path without # % * ? [ ]"),
        ("TURRET_HOME", "/var/50%", "a path without # % * ? [ ]"),
        ("TURRET_HOME", "/var/what?", "a path without # % * ? [ ]"),
        ("TURRET_LANDING_URL", "ftp://host/x", "a path, or an address that begins with file://, s3://"),
        ("TURRET_EMBEDDER", "magic", "'local', 'english', 'package' or 'openai'"),
    ],
)
def test_load_settings_with_a_bad_value_names_variable_value_and_what_is_allowed(monkeypatch, variable, value, allowed):
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as raised:
        load_settings()
    assert variable in str(raised.value)
    assert value in str(raised.value)
    assert allowed in str(raised.value)


def test_load_settings_with_a_misspelt_name_says_which_setting_is_meant(monkeypatch):
    monkeypatch.setenv("TURRET_DASHBORD_PORT", "8051")
    with pytest.raises(
        SettingsError, match=r"^TURRET_DASHBORD_PORT is not a setting; did you mean TURRET_DASHBOARD_PORT\?$"
    ):
        load_settings()


def test_load_settings_leaves_variables_of_apps_alone(monkeypatch):
    for name in ("TURRET_KEY", "TURRET_URL", "TURRET_WAREHOUSE", "TURRET_NAME"):
        monkeypatch.setenv(name, "x")
    assert load_settings().dashboard_port == 8050


def test_settings_never_show_a_key(monkeypatch):
    monkeypatch.setenv("TURRET_LLM_API_KEY", "canary-key")
    settings = load_settings()
    assert "canary-key" not in repr(settings) + str(settings.model_dump(mode="json"))
    assert settings.has_llm


@pytest.mark.parametrize("url", ["s3://key:hidden@bucket/prefix", "az://container/prefix?sig=hidden"])
def test_settings_never_show_credentials_in_an_address(monkeypatch, url):
    monkeypatch.setenv("TURRET_LANDING_URL", url)
    with pytest.raises(SettingsError, match="TURRET_LANDING_URL is the given value; allowed is") as raised:
        load_settings()
    assert "hidden" not in str(raised.value)


def test_settings_make_the_home_absolute(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TURRET_HOME", "here")
    assert load_settings().home == tmp_path / "here"
