"""The packages in clients/ send what an app tracks, on good days and on bad ones, and their pages say how."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.collector.conftest import make_project
from tests.factories.collector_process import run_collector
from tests.factories.landed_segments import landed_events
from tests.factories.scripted_server import scripted_server

if TYPE_CHECKING:
    from tests.factories.scripted_server import Answer

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs" / "clients"
PYTHON_SOURCE = ROOT / "clients" / "python" / "src"
JAVASCRIPT_SOURCE = ROOT / "clients" / "javascript"
NODE = pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed here")

PYTHON = """
import json, sys
from turret_client import Turret
url, key, n, options = sys.argv[1], sys.argv[2], int(sys.argv[3]), json.loads(sys.argv[4])
turret = Turret(url, key, batch=50, every_s=0.05, max_events=options.get("max", 10_000),
                timeout_s=options.get("timeout", 5.0))
refused = 0
pad = options.get("pad", 0) * "é"
for number in range(n):
    refused += not turret.track("m", {"number": number, "pad": pad}, session_id="s", user_id="u")
if options.get("spoilt"):
    deep = []
    for _ in range(1500):  # deeper than the collector reads
        deep = [deep]
    sys.setrecursionlimit(10_000)
    turret.track("m", {"deep": deep})
if options.get("odd"):
    turret.track("m", {"bad": float("nan")})
    turret.track("m", {"bad": object()})
    turret.track(None, None)
if not options.get("just_end"):
    turret.close(options.get("close", 10.0))
print(json.dumps({"sent": turret.sent, "dropped": turret.dropped, "refused": refused}))
"""

JAVASCRIPT = """
import { Turret } from "turret-client";
const [url, key, n, given] = process.argv.slice(2);
const options = JSON.parse(given);
const turret = new Turret(url, key, { batch: 50, everyMs: 50, maxEvents: options.max ?? 10_000,
                                      timeoutMs: 1000 * (options.timeout ?? 5) });
let refused = 0;
const pad = "é".repeat(options.pad ?? 0);
for (let number = 0; number < Number(n); number += 1) {
  refused += !turret.track("m", { number, pad }, { sessionId: "s", userId: "u" });
}
if (options.spoilt) turret.track("m", { half: "\\ud83d" });
if (options.odd) {
  const loop = {}; loop.loop = loop;
  turret.track("m", loop);
  turret.track("m", { big: 10n });
  turret.track(null, null);
}
if (!options.just_end) await turret.close(1000 * (options.close ?? 10));
console.log(JSON.stringify({ sent: turret.sent, dropped: turret.dropped, refused }));
"""


@pytest.fixture(
    params=[
        "python",
        pytest.param("javascript", marks=NODE),
    ]
)
def program(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    """A program that sends events with the documented client; its arguments are url, key, number and options."""
    if request.param == "python":
        shutil.copytree(PYTHON_SOURCE, tmp_path, dirs_exist_ok=True)
        (tmp_path / "main.py").write_text(PYTHON)
        return [sys.executable, str(tmp_path / "main.py")]
    shutil.copytree(JAVASCRIPT_SOURCE, tmp_path / "node_modules" / "turret-client")
    (tmp_path / "main.mjs").write_text(JAVASCRIPT)
    return ["node", str(tmp_path / "main.mjs")]


def run(program: list[str], url: str, key: str, n: int, **options: Any) -> dict[str, int]:
    """Run a program to its end; it must end well whatever happens to its events."""
    command = [*program, url, key, str(n), json.dumps(options)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    counts: dict[str, int] = json.loads(done.stdout)
    return counts


def taken(body: dict[str, Any]) -> Answer:
    results = [{"index": index, "success": True} for index in range(len(body["events"]))]
    return 200, {}, {"success": True, "accepted": len(results), "rejected": 0, "results": results}


def test_client_all_events_land_once(tmp_path: Path, program: list[str]):
    home = tmp_path / "home"
    project_id, key = make_project(home)
    with run_collector(home) as collector:
        counts = run(program, collector.url, key, 230)
    events = landed_events(home)
    assert counts == {"sent": 230, "dropped": 0, "refused": 0}
    assert Counter(event["metadata"]["number"] for event in events) == Counter(range(230))
    assert {(event["project_id"], event["session_id"], event["user_id"]) for event in events} == {
        (project_id, "s", "u")
    }
    assert all(event["occurred_at"] <= event["received_at"] for event in events)


def test_client_of_an_app_that_just_ends_still_sends(tmp_path: Path, program: list[str]):
    home = tmp_path / "home"
    _, key = make_project(home)
    with run_collector(home) as collector:
        run(program, collector.url, key, 20, just_end=True)
    assert len(landed_events(home)) == 20


def test_client_odd_values_and_refused_events_do_not_break_the_app(tmp_path: Path, program: list[str]):
    home = tmp_path / "home"
    _, key = make_project(home)
    with run_collector(home) as collector:
        assert run(program, collector.url, key, 3, odd=True) == {"sent": 3, "dropped": 3, "refused": 0}
        assert run(program, collector.url, "tk_wrong", 3) == {"sent": 0, "dropped": 3, "refused": 0}
    assert len(landed_events(home)) == 3


def test_client_event_that_spoils_its_batch_costs_no_other(tmp_path: Path, program: list[str]):
    home = tmp_path / "home"
    _, key = make_project(home)
    with run_collector(home) as collector:
        assert run(program, collector.url, key, 20, spoilt=True) == {"sent": 20, "dropped": 1, "refused": 0}
    assert len(landed_events(home)) == 20


def test_client_batch_that_is_too_large_is_sent_in_halves(tmp_path: Path, program: list[str]):
    home = tmp_path / "home"
    _, key = make_project(home)
    with run_collector(home, collector_max_body_bytes=2048) as collector:  # and 16 times that for a batch
        assert run(program, collector.url, key, 50, pad=500) == {"sent": 50, "dropped": 0, "refused": 0}
    assert len(landed_events(home)) == 50


def test_client_batches_stay_below_the_limit_of_the_collector(program: list[str]):
    with scripted_server(lambda _number, body: taken(body)) as server:
        assert run(program, server.url, "tk_key", 20, pad=250_000)["sent"] == 20
    sizes = [len(json.dumps(body, ensure_ascii=False).encode()) for _, _, body in server.requests]
    assert max(sizes) < 4_100_000


def test_client_collector_that_is_down_costs_events_but_no_time_and_no_error(program: list[str]):
    counts = run(program, "http://127.0.0.1:9", "tk_key", 120, close=1.0)
    assert counts["sent"] == 0


def test_client_full_queue_drops_and_counts(program: list[str]):
    counts = run(program, "http://127.0.0.1:9", "tk_key", 500, max=100, close=0.2)
    assert counts["refused"] >= 300
    assert counts["dropped"] >= counts["refused"]


@pytest.mark.parametrize("status", [503, 429, 0])
def test_client_refused_or_unanswered_batch_is_sent_again_with_the_same_ids(program: list[str], status: int):
    headers = {"Retry-After": "1"} if status else {}

    def script(number: int, body: dict[str, Any]) -> Answer:
        return (status, headers, {"success": False, "error": "later"}) if number == 0 else taken(body)

    with scripted_server(script) as server:
        counts = run(program, server.url, "tk_key", 30)
    ids = [[event["event_id"] for event in body["events"]] for _, _, body in server.requests]
    assert counts["sent"] == 30
    assert ids[0] == ids[1]
    assert [path for path, _, _ in server.requests] == ["/batch"] * len(ids)


def test_client_quota_that_resets_in_days_is_given_up(program: list[str]):
    refusal = {"success": False, "error": "used up", "code": "RATE_LIMIT_EXCEEDED", "retry_after": 86_400}
    with scripted_server(lambda _number, _body: (429, {"Retry-After": "86400"}, refusal)) as server:
        counts = run(program, server.url, "tk_key", 10)
    assert counts == {"sent": 0, "dropped": 10, "refused": 0}
    assert len(server.requests) == 1


# ---------------------------------------------------------------------------------------- the packages and their pages


def page(name: str, language: str, collector: str, key: str) -> list[str]:
    """The blocks of a page, with the address and the key of a test."""
    text = (DOCS / name).read_text().replace("http://127.0.0.1:8000", collector).replace("tk_…", key)
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)


def said(home: Path) -> list[tuple[str | None, str | None, Any]]:
    """Session and user, if they were sent, and prompt, or everything without one, of what has landed."""
    return [
        (
            event["session_id"] if event["session_id_given"] else None,
            event["user_id"] if event["user_id_given"] else None,
            event["metadata"].get("prompt", event["metadata"]),
        )
        for event in landed_events(home)
    ]


def test_python_package_installs_with_types_and_its_page_runs(tmp_path: Path):
    (command,) = page("python.md", "sh", "", "")
    shutil.copytree(ROOT / "clients", tmp_path / "clients")  # building writes beside the sources
    pip = [
        sys.executable,
        "-m",
        *command.split(),
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--target",
        "installed",
    ]
    subprocess.run(pip, cwd=tmp_path, check=True)
    assert (tmp_path / "installed" / "turret_client" / "py.typed").exists()
    home = tmp_path / "home"
    _, key = make_project(home)
    answer = {
        "id": "c",
        "object": "chat.completion",
        "created": 1,
        "model": "gpt-5-real",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "On its way."}}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13},
    }
    with run_collector(home) as collector, scripted_server(lambda _number, _body: (200, {}, answer)) as model:
        for block in page("python.md", "python", collector.url, key):
            environment = {"PYTHONPATH": "installed", "OPENAI_BASE_URL": model.url, "OPENAI_API_KEY": "none"}
            subprocess.run([sys.executable, "-W", "error", "-c", block], cwd=tmp_path, env=environment, check=True)
    assert said(home) == [
        ("chat-42", "user-7", "Where is my order?"),
        ("chat-43", "user-7", "Can I return it?"),
        ("chat-44", "user-7", "Where is my order?"),
        *FEEDBACK_OF_THE_PAGE,
    ]
    figures = landed_events(home)[2]["metadata"]
    assert figures.pop("latency_ms") >= 0
    assert figures == {
        "prompt": "Where is my order?",
        "response": "On its way.",
        "model": "gpt-5-real",
        "input_tokens": 9,
        "output_tokens": 4,
    }


FEEDBACK_OF_THE_PAGE = [
    ("chat-45", None, "Where is my parcel?"),
    (None, None, {"event_id": "message-2002", "score": -1, "label": "wrong", "comment": "It arrived yesterday."}),
    ("chat-45", None, {"session_id": "chat-45", "score": 4, "scale": 5}),
]


@NODE
def test_javascript_package_installs_and_its_page_runs(tmp_path: Path):
    (command,) = page("javascript.md", "sh", "", "")
    shutil.copytree(ROOT / "clients", tmp_path / "clients")
    subprocess.run(
        [*command.split(), "--offline", "--no-audit", "--no-fund"], cwd=tmp_path, check=True, capture_output=True
    )
    # The real package comes from a registry; the replacement answers in the same way.
    (tmp_path / "node_modules" / "openai").mkdir()
    (tmp_path / "node_modules" / "openai" / "index.mjs").write_text(STAND_IN)
    (tmp_path / "node_modules" / "openai" / "package.json").write_text('{"name": "openai", "exports": "./index.mjs"}')
    home = tmp_path / "home"
    _, key = make_project(home)
    with run_collector(home) as collector:
        for number, block in enumerate(page("javascript.md", "js", collector.url, key)):
            (tmp_path / f"block{number}.mjs").write_text(block)
            environment = {"PATH": os.environ["PATH"], "TURRET_KEY": key}
            subprocess.run(["node", f"block{number}.mjs"], cwd=tmp_path, env=environment, check=True)
    assert said(home) == [
        ("chat-42", "user-7", "Where is my order?"),
        ("chat-44", "user-7", "Where is my order?"),
        *FEEDBACK_OF_THE_PAGE,
    ]
    assert landed_events(home)[1]["metadata"]["response"] == "On its way."


STAND_IN = """
export default class OpenAI {
  chat = { completions: { create: async () => ({ model: "m", choices: [{ message: { content: "On its way." } }] }) } };
}
"""


CLOSE = """
import { Turret } from "turret-client";
const turret = new Turret(process.argv[2], "tk_key", { batch: 2, everyMs: 10 });
for (let number = 0; number < 6; number += 1) turret.track("m", { number });
await new Promise((resolve) => setTimeout(resolve, 300)); // a batch has failed, and waits for 20 s
await turret.close(1000);
console.log(JSON.stringify([turret.sent, turret.dropped]));
"""


@NODE
@pytest.mark.parametrize(("comes_back", "counts"), [(True, [6, 0]), (False, [0, 6])])
def test_javascript_close_ends_a_wait_and_counts_what_is_left(tmp_path: Path, counts: list[int], *, comes_back: bool):
    shutil.copytree(JAVASCRIPT_SOURCE, tmp_path / "node_modules" / "turret-client")
    (tmp_path / "main.mjs").write_text(CLOSE)

    def script(number: int, body: dict[str, Any]) -> Answer:
        return taken(body) if number and comes_back else (503, {"Retry-After": "20"}, {})

    with scripted_server(script) as server:
        done = subprocess.run(
            ["node", "main.mjs", server.url], cwd=tmp_path, capture_output=True, text=True, timeout=15, check=True
        )
    assert json.loads(done.stdout) == counts
    assert [len(body["events"]) for _, _, body in server.requests][:2] == [2, 2]


@NODE
def test_javascript_tracking_of_openai_cuts_no_character_in_two():
    script = """
    const { Turret, trackOpenAI } = await import(process.argv[1]);
    const tracked = [];
    const create = async () => ({ output_text: "x" + "😀".repeat(6000) });
    const client = trackOpenAI({ responses: { create } }, { track: (_, metadata) => tracked.push(metadata) });
    await client.responses.create({ input: "x" + "😀".repeat(6000) });
    await client.responses.create({ input: "😀".repeat(6000) });
    console.log(JSON.stringify(tracked.map(({ prompt }) => [prompt.length, encodeURIComponent(prompt).slice(-12)])));
    """
    node = ["node", "--input-type=module", "-e", script, str(JAVASCRIPT_SOURCE / "index.js")]
    done = subprocess.run(node, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [[9999, "%F0%9F%98%80"], [10_000, "%F0%9F%98%80"]]


@NODE
def test_javascript_types_name_what_the_module_has():
    types = (JAVASCRIPT_SOURCE / "index.d.ts").read_text()
    declared = re.findall(r"declare (?:class|function) (\w+)", types)
    methods = re.findall(
        r"^  (?:readonly )?(\w+)[<(:]", types.partition("class Turret {")[2].partition("\n}")[0], re.MULTILINE
    )
    script = """
    const found = await import(process.argv[1]);
    const turret = new found.Turret("http://127.0.0.1:9", "k");
    const [declared, methods] = JSON.parse(process.argv[2]);
    console.log(JSON.stringify([Object.keys(found).sort(), methods.filter((name) => !(name in turret))]));
    """
    names = json.dumps([declared, [name for name in methods if name != "constructor"]])
    node = ["node", "--input-type=module", "-e", script, str(JAVASCRIPT_SOURCE / "index.js"), names]
    done = subprocess.run(node, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [sorted(declared), []]


HISTORIES = """
import asyncio, sys
from openai import AsyncOpenAI, OpenAI
from turret_client import Turret
from turret_client.openai import track_openai
url, key, model = sys.argv[1:]
turret = Turret(url, key)
client = track_openai(OpenAI(base_url=model, api_key="none"), turret)
asked, answered = {"role": "user", "content": "one"}, {"role": "assistant", "content": "1"}
picture = {"type": "image_url", "image_url": {"url": "https://example.com/x.png"}}
with turret.conversation(session_id="s"):
    client.chat.completions.create(model="m", messages=[{"role": "system", "content": "Count."}, asked])
    client.chat.completions.create(model="m", messages=[asked, answered, {"role": "user", "content": [
        picture, {"type": "text", "text": "two"}]}])
    client.chat.completions.create(model="m", messages=[asked, answered, {
        "role": "tool", "tool_call_id": "c", "content": "x"}])
    client.responses.create(model="m", input="three")
    async def main():
        client = track_openai(AsyncOpenAI(base_url=model, api_key="none"), turret)
        await client.chat.completions.create(model="m", messages=[{"role": "user", "content": "four"}])
    asyncio.run(main())
    client.responses.create(model="m", input=[{"role": "user", "content": "twice"}] * 2)
assert turret.flush()
print(turret.sent)
"""


def test_python_tracking_of_openai_sends_only_what_is_new(tmp_path: Path):
    home = tmp_path / "home"
    _, key = make_project(home)
    odd = {"id": "x", "object": "odd", "choices": [{"message": None}], "output": []}  # an answer of no known shape
    with run_collector(home) as collector, scripted_server(lambda _number, _body: (200, {}, odd)) as model:
        command = [sys.executable, "-c", HISTORIES, collector.url, key, model.url]
        environment = {"PYTHONPATH": str(PYTHON_SOURCE)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "6\n"), done.stderr
    assert [prompt for _, _, prompt in said(home)] == ["one", "two", "three", "four", "twice", "twice"]
    assert ["latency_ms" in event["metadata"] for event in landed_events(home)] == [True] * 4 + [False, True]
    assert {session for session, _, _ in said(home)} == {"s"}


FORK = """
import os, sys
from turret_client import Turret
turret = Turret(sys.argv[1], sys.argv[2], every_s=60)
turret.track("m", {"prompt": "parent"})
child = os.fork()
turret.track("m", {"prompt": "child" if child == 0 else "later"})
if child:
    os.waitpid(child, 0)
"""


def test_python_client_in_a_forked_process_sends_what_is_its_own(tmp_path: Path):
    home = tmp_path / "home"
    _, key = make_project(home)
    with run_collector(home) as collector:
        command = [sys.executable, "-W", "ignore", "-c", FORK, collector.url, key]
        subprocess.run(command, env={"PYTHONPATH": str(PYTHON_SOURCE)}, check=True, timeout=60)
    assert sorted(prompt for _, _, prompt in said(home)) == ["child", "later", "parent"]


PROCESS = """
import multiprocessing, sys
from turret_client import Turret
turret = Turret(sys.argv[1], sys.argv[2], every_s=60)
def work():
    turret.track("m", {"prompt": "of the module"})
    Turret(sys.argv[1], sys.argv[2], every_s=60).track("m", {"prompt": "of the child"})
child = multiprocessing.get_context("fork").Process(target=work)
child.start()
child.join()
"""


def test_python_client_in_a_process_of_multiprocessing_sends_before_it_ends(tmp_path: Path):
    home = tmp_path / "home"
    _, key = make_project(home)
    with run_collector(home) as collector:
        command = [sys.executable, "-c", PROCESS, collector.url, key]
        subprocess.run(command, env={"PYTHONPATH": str(PYTHON_SOURCE)}, check=True, timeout=60)
    assert sorted(prompt for _, _, prompt in said(home)) == ["of the child", "of the module"]


DRIP = """
import sys
from turret_client import Turret
turret = Turret(sys.argv[1], "tk_key", every_s=0.01, timeout_s=0.3, give_up_s=0.1)
turret.track("m", {})
print(turret.flush(10.0), turret.dropped)
"""


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"])
def test_python_client_holds_a_dripping_answer_to_its_timeout(head: bytes):
    """The response would take 25 s: each byte arrives in time, but not all of them together."""

    def drip() -> None:
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            connection.sendall(head)
            for _ in range(500):
                connection.sendall(b" ")
                time.sleep(0.05)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip)
        thread.start()
        command = [sys.executable, "-c", DRIP, f"http://127.0.0.1:{listener.getsockname()[1]}"]
        environment = {"PYTHONPATH": str(PYTHON_SOURCE)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60)
        thread.join()
    assert done.stdout == "True 1\n"
    assert done.stderr.count("could not be sent") == 1


@pytest.mark.parametrize(
    ("url", "key", "named"),
    [("127.0.0.1:8000", "tk_key", "url must"), ("http://", "tk_key", "url must"), ("http://h", "tk_key\n", "key must")],
)
def test_python_client_refuses_an_address_or_key_that_cannot_work(url: str, key: str, named: str):
    program = "import sys; from turret_client import Turret; Turret(*sys.argv[1:])"
    command = [sys.executable, "-c", program, url, key]
    done = subprocess.run(
        command, env={"PYTHONPATH": str(PYTHON_SOURCE)}, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stderr.splitlines()[-1].startswith(f"ValueError: {named}")
    assert key.strip() not in done.stderr
