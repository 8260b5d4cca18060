"""Two runs by command that begin together do the work once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from contracts.home import Home
from contracts.settings import load_settings
from orchestration import run
from orchestration.warehouse.writer_lock import hold_lock


def test_run_looks_whether_anything_is_new_once_the_other_has_ended(tmp_path, monkeypatch):
    settings, waits, has_ended = load_settings(home=tmp_path), threading.Event(), threading.Event()
    monkeypatch.setattr(run, "find_unchanged_run", lambda _settings: "the other" if has_ended.is_set() else None)
    with ThreadPoolExecutor() as pool:
        with hold_lock(Home(tmp_path).run_lock, 0):
            second = pool.submit(run.run_pipeline, settings, on_progress=lambda _line: waits.set())
            assert waits.wait(30)
            has_ended.set()
        result = second.result()
    assert result.is_unchanged
    assert result.run_id == "the other"
