"""Count the files that one `POST /track` and one `fit_topics` pass through, and how often the code changes file.

    python bench/code_tour.py

A change of file is a call of a function in another file of this repository than the one before; a loop back and forth
between two files counts once. Both are real calls: an event sent over HTTP to a warm collector with one worker, and a
fit of texts in eight planted groups whose topics are known from a fit before. Of ten requests the one with the fewest
changes is taken, because the watch over the disk and the leases of quotas run beside them.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import httpx
import numpy as np

from collector.server import serve
from contracts.settings import load_settings
from ml.corpus import Corpus
from ml.topic_model import fit_topics
from projects import open_projects

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

ROOT = Path(__file__).resolve().parents[1]
N_REQUESTS = 10


class Tour:
    """Records the file of each called function of this repository, in all threads."""

    def __init__(self) -> None:
        self.is_on = False
        self.files: list[str] = []

    def watch(self) -> None:
        """Begin in this thread and in those that start from now on."""
        sys.setprofile(self._note)
        threading.setprofile(self._note)

    def of(self, call: Callable[[], Any]) -> list[str]:
        """Call a function; return the files in the order in which the code passed through them, each change once."""
        self.files, self.is_on = [], True
        call()
        self.is_on = False
        return without_loops(self.files)

    def _note(self, frame: FrameType, event: str, _argument: object) -> None:
        if self.is_on and event == "call":
            file = frame.f_code.co_filename
            if file.startswith(f"{ROOT}{os.sep}") and "/bench/" not in file and "/.venv/" not in file:
                self.files.append(str(Path(file).relative_to(ROOT)))


def without_loops(files: list[str]) -> list[str]:
    """Name each file once for as long as the code stays in it, and a loop between two files once."""
    way: list[str] = []
    for file in files:
        if way[-1:] == [file]:
            continue
        if len(way) > 2 and way[-3] == way[-1] and way[-2] == file:  # noqa: PLR2004  # a, b, a and b again
            way.pop()
        else:
            way.append(file)
    return way


def track(tour: Tour) -> list[str]:
    """Send events to a local collector until one passed through it alone."""
    found: list[list[str]] = []

    def send(url: str) -> None:
        event = {"name": "message", "session_id": "chat-42", "user_id": "user-7", "metadata": {"prompt": "Hello"}}
        try:
            with httpx.Client(base_url=url, headers={"X-API-Key": key}) as client:
                request = partial(client.post, "/track", json=event)
                found.extend(tour.of(lambda: request().raise_for_status()) for _ in range(N_REQUESTS))
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    with TemporaryDirectory() as home:
        settings = load_settings(home=Path(home), collector_port=0, log_level="WARNING")
        with open_projects(settings) as projects:
            key = projects.create_key(projects.create_project("shop").project_id).secret
        signal.signal(signal.SIGTERM, lambda *_: None)  # uvicorn raises it again when it has stopped
        tour.watch()
        serve(settings, lambda url: threading.Thread(target=send, args=(url,)).start())
        sys.setprofile(None)
    return min(found, key=len)


def fit(tour: Tour) -> list[str]:
    """Fit topics twice, the second time with the topics of the first."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(8, 32))
    vectors = np.repeat(centres, 50, axis=0) + rng.normal(scale=0.5, size=(400, 32))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    hashes = [f"{number:064x}" for number in range(400)]
    corpus = Corpus([f"text {number}" for number in range(400)], hashes, vectors, np.ones(400, dtype=np.int64))
    known = {text: topic for text, topic in zip(hashes, fit_topics(corpus, {}).topic_ids, strict=True) if topic}
    tour.watch()
    passed = tour.of(lambda: fit_topics(corpus, known))
    sys.setprofile(None)
    return passed


def main() -> None:
    """Print a row for each tour, and the way itself where `--way` is given."""
    tour = Tour()
    print("| tour | files | changes of file |")
    print("| --- | ---: | ---: |")
    for name, passed in (("`fit_topics`", fit(tour)), ("`POST /track`", track(tour))):
        print(f"| {name} | {len(set(passed))} | {len(passed) - 1} |")
        if "--way" in sys.argv:
            print("\n".join(passed))


if __name__ == "__main__":
    main()
