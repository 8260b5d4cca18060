"""Programs that Turret starts see the settings it was given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contracts.settings import child_environment, load_settings

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_child_environment_spells_out_what_was_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TURRET_LLM_API_KEY", "secret")
    monkeypatch.setenv("OTHER", "kept")
    monkeypatch.chdir(tmp_path)
    environment = child_environment(load_settings(home="relative", dagster_port=4001), DAGSTER_HOME="d")
    assert environment["TURRET_HOME"] == str(tmp_path / "relative")
    assert environment["TURRET_DAGSTER_PORT"] == "4001"
    assert environment["TURRET_LLM_API_KEY"] == "secret"
    assert (environment["OTHER"], environment["DAGSTER_HOME"]) == ("kept", "d")
    assert "TURRET_DASHBOARD_PORT" not in environment
