"""What breaks on the way to an answer is in the log, whatever Dash tells the browser."""

from __future__ import annotations

import logging
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from dash import Dash, Input, Output, html
from fastapi import FastAPI
from starlette.testclient import TestClient

from dashboard.error_log import ErrorLog

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def client() -> Iterator[TestClient]:
    server = FastAPI()
    server.add_middleware(ErrorLog)
    app = Dash("broken", server=server)  # type: ignore[arg-type]  # takes FastAPI too, as its docstring says
    app.layout = html.Div([html.Div(id="asked"), html.Div(id="answered")])

    @app.callback(Output("answered", "children"), Input("asked", "children"))
    def answer(asked: str) -> str:
        message = f"cannot answer {len(asked)} characters"
        raise ValueError(message)

    app._setup_server()
    with TestClient(server) as made:
        yield made


def test_callback_that_breaks_is_logged_with_where_it_broke(client: TestClient, caplog: pytest.LogCaptureFixture):
    body = {
        "output": "answered.children",
        "outputs": {"id": "answered", "property": "children"},
        "inputs": [{"id": "asked", "property": "children", "value": "what people said"}],
        "changedPropIds": ["asked.children"],
    }
    with caplog.at_level(logging.ERROR):
        assert client.post("/_dash-update-component", json=body).status_code == 500
    [record] = [record for record in caplog.records if record.name == "dashboard.error_log"]
    assert record.getMessage() == "No answer for /_dash-update-component"
    assert record.exc_info is not None
    assert "what people said" not in caplog.text


def test_dashboard_has_loaded_everything_before_it_asks_from_several_threads():
    """A module that one thread has loaded by half breaks what another does with it; Plotly looks at pandas so."""
    script = "import sys, dashboard.app; print('pandas' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "True"
