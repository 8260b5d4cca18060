"""When the sensor asks for a run."""

from __future__ import annotations

from orchestration.triggers import decide


def test_decide_with_nothing_landed_asks_for_nothing():
    decision = decide(None, [], is_run_under_way=False)
    assert decision.run_key is None
    assert decision.reason == "Nothing has landed yet."


def test_decide_with_first_files_asks_for_a_run():
    assert decide(None, ["a"], is_run_under_way=False).run_key


def test_decide_with_the_same_files_asks_for_nothing():
    first = decide(None, ["a", "b"], is_run_under_way=False)
    assert decide(first.cursor, ["b", "a"], is_run_under_way=False).run_key is None


def test_decide_with_a_new_file_asks_for_another_run():
    first = decide(None, ["a"], is_run_under_way=False)
    second = decide(first.cursor, ["a", "b"], is_run_under_way=False)
    assert second.run_key not in {None, first.run_key}


def test_decide_with_a_late_file_of_an_old_hour_asks_for_another_run():
    first = decide(None, ["date=2026-03-02/b"], is_run_under_way=False)
    assert decide(first.cursor, ["date=2026-03-01/a", "date=2026-03-02/b"], is_run_under_way=False).run_key


def test_decide_while_a_run_is_under_way_waits_and_then_asks():
    first = decide(None, ["a"], is_run_under_way=False)
    waiting = decide(first.cursor, ["a", "b"], is_run_under_way=True)
    assert waiting.run_key is None
    assert decide(waiting.cursor, ["a", "b"], is_run_under_way=False).run_key
