"""Memory and time of importing a ChatGPT export, against reading the same file as one JSON value.

The export is invented: conversations of ten messages, each with the fields that ChatGPT writes, in one JSON array. It
is imported twice; what lands the second time must have the ids of the first.

    python bench/import_archive.py --messages 1000000
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import orjson
import zstandard
from harness.installation import Installation

MESSAGES_PER_CONVERSATION = 10
FIRST_TIME = 1_700_000_000
TEXT = "the sauce is too thin so how long must it cook before flour and butter bind with milk in a pan"
WORDS = TEXT.split()
WHOLE = "import json, sys; json.load(open(sys.argv[1]))"
TURRET = str(Path(sys.executable).with_name("turret"))


def main() -> None:
    """Make the export, import it twice, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, help="where the export and the home are made, for a while")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        path = Path(folder) / "conversations.json"
        write_export(path, options.messages)
        installation = Installation.create(Path(folder) / "home")
        print(f"{options.messages:,} messages, {path.stat().st_size / 1e6:,.0f} MB of JSON")
        measure("json.load", [sys.executable, "-c", WHOLE, str(path)])
        command = [TURRET, "import", str(path), "--project", installation.project_id, "--json"]
        accepted: list[int] = []
        for name in ("turret import", "the same again"):
            report = json.loads(measure(name, command, TURRET_HOME=str(installation.home.root)))
            accepted.append(report["accepted"])
            print(f"  accepted {report['accepted']:,}, rejected {report['rejected']:,}")
        ids = landed_ids(installation.home.root)
        print(f"landed {len(ids):,} events; the second import adds {len(set(ids)) - accepted[0]:,} new ids")


def measure(name: str, command: list[str], **environment: str) -> str:
    """Run a command; print its CPU seconds and the most memory it held; return what it printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.monotonic()
    wrapped = ["/usr/bin/env", *(f"{key}={value}" for key, value in environment.items()), *command]
    process = subprocess.Popen(wrapped, stdout=subprocess.PIPE, text=True)
    peak_kib = 0
    while process.poll() is None:
        peak_kib = max(peak_kib, _peak_kib(process.pid))
        time.sleep(0.05)
    assert process.stdout is not None  # noqa: S101  # for the type checker
    printed = process.stdout.read()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{name}: {cpu_s:.1f} CPU s, {time.monotonic() - began:.1f} s, {peak_kib / 1024:,.0f} MiB at most")
    return printed


def _peak_kib(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")), 0)


def write_export(path: Path, n_messages: int) -> None:
    """Write conversations, one at a time."""
    rng = random.Random(7)  # noqa: S311  # invented data
    with path.open("wb") as file:
        for number in range(n_messages // MESSAGES_PER_CONVERSATION):
            file.write(b"," if number else b"[")
            file.write(orjson.dumps(conversation(number, rng)))
        file.write(b"]")


def conversation(number: int, rng: random.Random) -> dict[str, object]:
    """Return one conversation, question and answer in turn."""
    moment = FIRST_TIME + number * 60
    ids = [f"{number:08x}-0000-4000-8000-{position:012x}" for position in range(MESSAGES_PER_CONVERSATION + 1)]
    mapping: dict[str, object] = {ids[0]: {"id": ids[0], "message": None, "parent": None, "children": [ids[1]]}}
    for position, node in enumerate(ids[1:], start=1):
        is_user = position % 2 == 1
        text = " ".join(rng.choices(WORDS, k=rng.randint(5, 40) if is_user else rng.randint(40, 160)))
        mapping[node] = {
            "id": node,
            "message": {
                "id": node,
                "author": {"role": "user" if is_user else "assistant", "name": None, "metadata": {}},
                "create_time": moment + position * 8.25,
                "update_time": None,
                "content": {"content_type": "text", "parts": [text]},
                "status": "finished_successfully",
                "end_turn": None if is_user else True,
                "weight": 1.0,
                "metadata": {} if is_user else {"model_slug": "gpt-5", "finish_details": {"type": "stop"}},
                "recipient": "all",
                "channel": None,
            },
            "parent": ids[position - 1],
            "children": ids[position + 1 : position + 2],
        }
    return {
        "title": "Sauces",
        "create_time": moment,
        "update_time": moment + 99,
        "mapping": mapping,
        "moderation_results": [],
        "current_node": ids[-1],
        "conversation_id": ids[0],
        "default_model_slug": "gpt-5",
    }


def landed_ids(home: Path) -> list[str]:
    """Return the ids of all events that have landed."""
    ids: list[str] = []
    for path in home.glob("landing/*/*/*/*.ndjson.zst"):
        with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as reader:
            ids += [orjson.loads(line)["event_id"] for line in reader.read().splitlines()]
    return ids


if __name__ == "__main__":
    main()
