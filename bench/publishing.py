"""Publishing under continuous reading: does any reader see a failed, a mixed or an older answer?

    python bench/publishing.py --publishes 20 --readers 2 --rows 1000000
    python bench/publishing.py --publishes 5 --negative-control   # marts published one by one: must be detected

Readers are processes of their own that open the link for each query, attach it to a database of their own, or
keep a connection open over several publishes. Each publication has the same number of rows in five marts, one more than
the publication before.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.generations import Generations
from harness.published_reader import WAYS

from contracts.home import Home

if TYPE_CHECKING:
    from collections.abc import Callable

REPOSITORY = Path(__file__).resolve().parents[1]


@dataclass
class Findings:
    """What the readers saw.

    Args:
        n_answers: Answers of each way of reading.
        failed: Errors that readers got.
        mixed: Answers whose marts were not of one generation, or of one opening.
        older: Answers older than the reader's one before.
        n_generations_seen: Different generations among the answers.
        seconds: Of each publish.
    """

    n_answers: dict[str, int] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    mixed: list[list[int]] = field(default_factory=list)
    older: list[dict[str, Any]] = field(default_factory=list)
    n_generations_seen: int = 0
    seconds: list[float] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether every answer was whole and as new as it had to be."""
        return not (self.failed or self.mixed or self.older)


def read_while_publishing(
    folder: Path, n_publishes: int, n_readers: int = 1, n_rows: int = 0, *, piecemeal: bool = False
) -> Findings:
    """Publish again and again under `n_readers` processes of each way of reading; return what they saw."""
    generations = Generations(Home(folder / "home"), n_rows)
    generations.prepare()
    generations.publish(1)
    publish = generations.publish_piecemeal if piecemeal else generations.publish
    findings = Findings()
    with ExitStack() as stack:
        readers = [
            (way, stack.enter_context(_reader(way, generations.home, folder / f"{way}-{number}.jsonl")))
            for way in WAYS
            for number in range(n_readers)
        ]
        _wait_for_answers(folder, len(readers))
        for number in range(2, n_publishes + 1):
            findings.seconds.append(_timed(publish, number))
        for _, reader in readers:
            _stop(reader)
    seen: set[int] = set()
    for path in sorted(folder.glob("*.jsonl")):
        seen |= _judge(path, findings)
    findings.n_generations_seen = len(seen)
    return findings


def _reader(way: str, home: Home, answers: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "harness.published_reader", way, home.published]
    environment = {**os.environ, "PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'bench'}"}
    with answers.open("wb") as out:
        return subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=out)


def _wait_for_answers(folder: Path, n_readers: int, timeout_s: float = 60.0) -> None:
    deadline = time.monotonic() + timeout_s
    while sum(path.stat().st_size > 0 for path in folder.glob("*.jsonl")) < n_readers:
        if time.monotonic() > deadline:
            raise AssertionError("A reader gave no answer.")
        time.sleep(0.02)


def _timed(publish: Callable[[int], None], number: int) -> float:
    began = time.perf_counter()
    publish(number)
    return time.perf_counter() - began


def _stop(reader: subprocess.Popen[bytes]) -> None:
    if reader.stdin is not None:
        reader.stdin.close()
    if reader.wait(timeout=60):
        raise AssertionError(f"A reader ended with {reader.returncode}.")


def _judge(path: Path, findings: Findings) -> set[int]:
    """Judge the answers of one reader; gives the generations it saw."""
    newest = 0
    seen: set[int] = set()
    answers = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    way = path.stem.rsplit("-", 1)[0]
    findings.n_answers[way] = findings.n_answers.get(way, 0) + len(answers)
    for answer in answers:
        if "error" in answer:
            findings.failed.append(answer["error"])
            continue
        counts = answer["counts"]
        if len(set(counts)) > 1:
            findings.mixed.append(counts)
            continue
        if counts[0] < newest:
            findings.older.append(answer)
        newest = max(newest, counts[0])
        seen.add(counts[0])
    return seen


def main() -> None:
    """Publish under readers and print what they saw; exit with 1 if an answer was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--publishes", type=int, default=20)
    parser.add_argument("--readers", type=int, default=1, help="processes of each way of reading")
    parser.add_argument(
        "--rows", type=int, default=0, help="rows of the largest mart: they make publishing take longer"
    )
    parser.add_argument("--folder", type=Path, help="where the temporary home is made")
    parser.add_argument("--negative-control", action="store_true", help="publish marts one by one")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        findings = read_while_publishing(
            Path(folder), chosen.publishes, chosen.readers, chosen.rows, piecemeal=chosen.negative_control
        )
    print(f"answers: {findings.n_answers}; different generations seen: {findings.n_generations_seen}")
    print(f"failed {len(findings.failed)}, mixed {len(findings.mixed)}, older {len(findings.older)}")
    print(f"a publish took {min(findings.seconds):.2f} to {max(findings.seconds):.2f} s")
    if chosen.negative_control:
        sys.exit("The negative control was NOT caught." if findings.is_clean else 0)
    sys.exit(0 if findings.is_clean else 1)


if __name__ == "__main__":
    main()
