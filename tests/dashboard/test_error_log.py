"""What breaks on the way to an answer is in the log, whatever Dash tells the browser."""

from __future__ import annotations

import subprocess
import sys

BROKEN = """
from dash import Dash, Input, Output, html
from dash.exceptions import PreventUpdate
from fastapi import FastAPI
from starlette.testclient import TestClient

from dashboard.error_log import ErrorLog, NotedDeparture

server = FastAPI()
server.add_middleware(ErrorLog)
app = Dash("broken", server=server)
app.layout = html.Div([html.Div(id="asked"), html.Div(id="answered")])

@app.callback(Output("answered", "children"), Input("asked", "children"))
def answer(asked):
    if asked == "nothing new":
        raise PreventUpdate
    raise ValueError(f"cannot answer {len(asked)} characters")

app._setup_server()
server.add_middleware(NotedDeparture)
body = {
    "output": "answered.children",
    "outputs": {"id": "answered", "property": "children"},
    "changedPropIds": ["asked.children"],
}
with TestClient(server) as client:
    for asked in ("nothing new", "what people said"):
        inputs = [{"id": "asked", "property": "children", "value": asked}]
        print(client.post("/_dash-update-component", json=body | {"inputs": inputs}).status_code)
"""
BROKEN_OFF = (
    BROKEN.partition("with TestClient")[0]
    + """
import asyncio
import uvicorn

async def serve_and_break_off():
    running = uvicorn.Server(uvicorn.Config(server, port=0, log_level="error"))
    serving = asyncio.create_task(running.serve())
    while not running.started:
        await asyncio.sleep(0.01)
    port = running.servers[0].sockets[0].getsockname()[1]
    head = "POST /_dash-update-component HTTP/1.1\\r\\nHost: x\\r\\nContent-Type: application/json\\r\\n"
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write((head + "Content-Length: 999\\r\\n\\r\\n{").encode())
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    await asyncio.sleep(0.5)
    running.should_exit = True
    await serving
    print("served")

asyncio.run(serve_and_break_off())
"""
)
"""Dash keeps one application per process, so this one has its own process."""


def run(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)


def test_callback_that_breaks_is_logged_with_where_it_broke():
    found = run(BROKEN)
    assert found.stdout.split() == ["204", "500"]
    assert found.stderr.count("No answer for /_dash-update-component") == 1
    assert "ValueError: cannot answer 16 characters" in found.stderr
    assert "what people said" not in found.stderr


def test_request_that_the_browser_broke_off_is_no_error():
    found = run(BROKEN_OFF)
    assert (found.stdout.strip(), found.stderr) == ("served", "")


def test_dashboard_has_loaded_everything_before_it_asks_from_several_threads():
    """A module that one thread has loaded by half breaks what another does with it; Plotly looks at pandas so."""
    assert run("import sys, dashboard.app; print('pandas' in sys.modules)").stdout.strip() == "True"
