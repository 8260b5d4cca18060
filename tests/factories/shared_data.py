"""Real conversations that lie beside the project, not in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[2].parent / "shared" / "data"


def read_jsonl(name: str) -> list[dict[str, Any]]:
    """The records of a file in the shared folder; the test is skipped, saying so, where the file is absent."""
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"{name} is not in {FOLDER}: real conversations are not part of the project")
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
