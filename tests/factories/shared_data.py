"""Real conversations that lie beside the project, not in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[2].parent / "shared" / "data"


def has_jsonl(name: str) -> bool:
    """Whether a file is in the shared folder."""
    return (FOLDER / name).exists()


def read_jsonl(name: str) -> list[dict[str, Any]]:
    """The records of a file in the shared folder; the test is skipped, saying so, where the file is absent."""
    if not has_jsonl(name):
        pytest.skip(f"{name} is not in {FOLDER}: real conversations are not part of the project")
    with (FOLDER / name).open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
