"""Processes that run the pipeline do not look for garbage in what they have imported."""

from __future__ import annotations

import gc
import subprocess
import sys

import pytest

from orchestration import garbage_collection
from tests.factories.turret_process import ROOT

N_IMPORTED = 500_000


def test_collections_are_paused_within_the_body_even_if_it_fails():
    were_enabled = []

    @garbage_collection.paused()
    def fail() -> None:
        were_enabled.append(gc.isenabled())
        raise ImportError

    with pytest.raises(ImportError):
        fail()
    assert [*were_enabled, gc.isenabled()] == [False, True]


def test_run_excludes_its_imports_from_collections_which_go_on():
    script = (
        "import gc, orchestration.run as run; run._import_graph(); "
        "print(gc.get_freeze_count(), gc.get_threshold()[0], gc.isenabled())"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    n_excluded, threshold, is_enabled = done.stdout.split()
    assert int(n_excluded) > N_IMPORTED
    assert (int(threshold), is_enabled) == (garbage_collection.THRESHOLD, "True")


def test_command_leaves_nothing_to_collect_to_the_end_of_the_interpreter():
    script = (
        "import atexit, gc, sys, cli.main; atexit.register(lambda: print(gc.get_freeze_count() > 0)); "
        "sys.argv = ['turret', '--version']; cli.main.main()"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "True"
