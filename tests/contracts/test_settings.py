"""Settings: allowed values, the messages for others, and documentation of each."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from contracts.settings import PREFIX, Settings, SettingsError, is_within, load_settings, networks_of

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
        ("TURRET_TRUSTED_PROXIES", "10.0.0.1/8", "networks such as 10.0.0.0/24, separated by commas, or * for any"),
        ("TURRET_TRUSTED_PROXIES", "proxy.example.com", "addresses such as 10.0.0.7"),
        ("TURRET_PROXY_USER_HEADER", "X_Email", "a name of letters, digits and hyphens"),
        ("TURRET_PROXY_NEW_PEOPLE_ROLE", "admin", "'', 'viewer' or 'numbers'"),
        ("TURRET_PROXY_SIGN_OUT_PATH", "//evil.example/out", "a path such as /oauth2/sign_out"),
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


def test_addresses_are_within_networks_of_either_family():
    networks = networks_of("10.0.0.7, 192.168.0.0/16,2001:db8::/32")
    inside = ("10.0.0.7", "192.168.3.4", "2001:db8::1", "::ffff:10.0.0.7")
    outside = (
        "10.0.0.8",
        "192.169.0.1",
        "::1",
        "::ffff:10.0.0.8",
        "10.0.0.7, 1.2.3.4",
        "proxy",
        "",
        "/run/turret.sock",
    )
    assert [is_within(address, networks) for address in (*inside, *outside)] == [True] * 4 + [False] * 8
    mapped = networks_of("::ffff:10.0.0.7, ::ffff:192.168.0.0/112, ::fffe:0:0/96")
    assert [is_within(address, mapped) for address in inside] == [True, True, False, True]
    assert [is_within(address, mapped) for address in outside] == [False] * 8
    assert is_within("1.2.3.4", networks_of("*"))
    assert not is_within("127.0.0.1", networks_of(""))


def test_settings_make_the_home_absolute(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TURRET_HOME", "here")
    assert load_settings().home == tmp_path / "here"
