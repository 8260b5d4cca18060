"""What a project masks is written nowhere, by whichever way it comes; ids and answers stay as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest

from contracts.settings import load_settings
from projects import open_projects
from tests.collector.conftest import make_project
from tests.collector.otlp.test_receiver import call, export
from tests.collector.test_import_file import CSV_HEAD, Imported
from tests.factories.byte_search import files_with
from tests.factories.landed_segments import landed_events
from tests.factories.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.collector.conftest import Client

EMAIL, PHONE, CARD = "canary.person@example.com", "+49 170 5550123", "4929 4212 3460 0821"
IBAN, IP, SECRET = "DE75 5121 0800 1245 1261 99", "203.0.113.77", "sk-proj-4f9A7c2Q1xYz88LmNop"
CANARIES = (EMAIL, PHONE, CARD, IBAN, IP, SECRET)
TEXT, MASKED = f"I am {', '.join(CANARIES)}!", "I am ‹email›, ‹phone›, ‹card›, ‹iban›, ‹ip›, ‹secret›!"


def set_rule(home: Path, project: str, *kinds: str, **patterns: str) -> None:
    from contracts.masking.kinds import KINDS  # noqa: PLC0415

    with open_projects(load_settings(home=home, database_url="")) as projects:
        projects.set_masked_kinds(project, kinds or KINDS)
        for name, pattern in patterns.items():
            projects.set_mask_pattern(project, name, pattern)


def test_every_route_of_a_running_collector_masks_before_it_writes(client: Client):
    project_id, key = make_project(client.home, "masked")
    headers = {"X-API-Key": key}

    def send(path: str, body: object) -> dict[str, Any]:
        answer = client.http.post(path, json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def n_masks() -> int:
        lines = client.http.get("/metrics").text.splitlines()
        return sum(float(line.split()[1]) > 0 for line in lines if f'project_id="{project_id}"' in line)

    early = {"name": "early", "metadata": {"prompt": "early@example.org"}}
    send("/track", early)  # the rule reaches a collector that knows the key already
    set_rule(client.home, "masked", contract=r"\bC-[0-9]{4}\b")
    wait_until(lambda: bool(send("/track", early)) and n_masks() > 0)
    event = {
        "name": f"mail of {EMAIL}",
        "event_id": "masked-1",
        "session_id": "chat-1",
        "user_id": "ada@example.org",
        "metadata": {"prompt": TEXT, "deep": [{EMAIL: [PHONE]}], "card": int(CARD.replace(" ", "")), "no": "C-1234"},
    }
    answers = [send("/track", event), send("/track", event)]
    assert answers[0] == answers[1]
    assert (answers[0]["event_id"], answers[0]["user_id"]) == ("masked-1", "ada@example.org")
    said = {"score": 1, "label": EMAIL, "comment": TEXT}
    send("/feedback", {"event_id": "masked-1", "feedback_id": "f-1", **said})
    rows = [{"name": "m", "event_id": "masked-2", "metadata": {"prompt": TEXT}}, {"name": EMAIL}]
    refused = send("/batch", {"events": [*rows, {"type": "feedback", "session_id": "chat-1", **said}]})
    assert [result["success"] for result in refused["results"]] == [True, False, True]
    messages = [{"role": "user", "parts": [{"type": "text", "content": TEXT}]}]
    span = export(call(messages, session__id="chat-1"))
    span["resourceSpans"][0]["resource"]["attributes"][0]["value"]["stringValue"] = EMAIL
    send("/v1/traces", span)
    send("/v1/track", {"event": "asked", "messageId": "masked-3", "userId": "u", "properties": {"prompt": TEXT}})

    def landed() -> list[dict[str, Any]]:
        found = (one for one in landed_events(client.home) if one["project_id"] == project_id)
        return [one for one in found if one["name"] != "early"]

    wait_until(lambda: len(landed()) == 7)
    first, again, feedback, batch, batch_feedback, of_span, segment = landed()
    assert first["metadata"] == again["metadata"]
    assert (first["event_id"], first["name"], first["user_id"]) == ("masked-1", "mail of ‹email›", "ada@example.org")
    card = {"card": "‹card›", "deep": [{"‹email›": ["‹phone›"]}], "no": "‹contract›"}
    assert first["metadata"] == {"prompt": MASKED, **card}
    assert feedback["metadata"] == {"event_id": "masked-1", "score": 1, "label": "‹email›", "comment": MASKED}
    assert batch_feedback["metadata"]["comment"] == MASKED
    assert [one["metadata"]["prompt"] for one in (batch, of_span, segment)] == [MASKED] * 3
    assert of_span["metadata"]["service"] == "‹email›"
    assert files_with(client.home, *CANARIES) == {canary: set() for canary in CANARIES}
    assert 'turret_collector_masked_total{kind="contract"' in client.http.get("/metrics").text


ESCAPED = TEXT.replace("@", "\\u0040")
JSON_LINES = (
    orjson.dumps({"name": "m", "metadata": {"prompt": TEXT}}).decode(),
    f'{{"name": 7, "metadata": {{"prompt": "{ESCAPED}"}}}}',
    f'{{"no JSON": "{ESCAPED}"',
)
CSV_ROWS = (f'm,"{TEXT}",{EMAIL},e-1', f',"{TEXT}",{PHONE},')


@pytest.mark.parametrize(
    ("name", "data", "options"),
    [
        ("rows.jsonl", "\n".join(JSON_LINES).encode(), {}),
        ("rows.csv", (CSV_HEAD.decode() + "\n".join(CSV_ROWS)).encode("utf-16-le"), {"encoding": "utf-16-le"}),
    ],
)
def test_import_masks_events_and_rejected_rows(tmp_path: Path, name: str, data: bytes, options: dict[str, Any]):
    folder = tmp_path / "imports"
    before = Imported(folder, "first.jsonl", b'{"name": "m", "metadata": {}}\n')
    set_rule(before.home, "shop")
    imported = Imported(folder, name, data, **options)
    assert imported.report.accepted == 1
    assert imported.report.rejected >= 1
    assert imported.events[-1]["metadata"]["prompt"] == MASKED
    kept = imported.report.quarantine.read_text(encoding="utf-8")
    assert kept.count("‹email›") >= imported.report.rejected
    assert files_with(imported.home, *CANARIES) == {canary: set() for canary in CANARIES}
