"""The cost of embedding: Turret's embedder and sentence-transformers in torch on the same texts, with topics of both.

Torch is not part of this repository: it needs a separate venv, whose Python is given by `--torch`
(`python -m venv /tmp/torch && /tmp/torch/bin/pip install torch sentence-transformers onnx`; a CPU wheel will do).
Both take turns, so a busy machine affects both equally; each runs on one thread. The model's weights come from the
packaged file that Turret uses, multiplied out to fp32: no hub is asked. Vectors of sentence-transformers are pooled as
its card says, over all tokens.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
from sklearn.metrics import adjusted_mutual_info_score
from topics import read_banking

from ml.clustering.neighbours import nearest_neighbours
from ml.clustering.partition import choose_n_neighbours, partition
from ml.embedding.minilm_embedder import MODEL, TOKENIZER, MiniLMEmbedder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_PEER = Path(__file__).parent / "harness" / "torch_embedder.py"
_ROUNDS = 3


def main() -> None:
    """Print one row per embedder: texts a CPU second of every round, and AMI of the topics found with its vectors."""
    options = _parse_arguments()
    messages = list(read_banking(options.data))
    texts = sorted({message.text for message in messages})
    rows = {text: row for row, text in enumerate(texts)}
    seconds: dict[str, list[float]] = {"Turret": [], "sentence-transformers": []}
    vectors: dict[str, NDArray[np.float32]] = {}
    with TemporaryDirectory() as folder:
        for _ in range(options.rounds):
            embedder = MiniLMEmbedder(threads=1)
            embedder.embed(texts[:64])
            start = time.process_time()
            vectors["Turret"] = embedder.embed(texts)
            seconds["Turret"].append(time.process_time() - start)
            took, vectors["sentence-transformers"] = _embed_with_torch(options.torch, texts, Path(folder))
            seconds["sentence-transformers"].append(took)
    print(f"{len(texts)} distinct texts of banking77, {options.rounds} rounds, load {os.getloadavg()[0]:.1f}")
    print("| embedder | CPU s | texts a CPU s (best round) | AMI |")
    print("| --- | --- | ---: | ---: |")
    for name, times in seconds.items():
        found = partition_texts(texts, vectors[name])
        ami = adjusted_mutual_info_score([m.intent for m in messages], [found[rows[m.text]] for m in messages])
        print(f"| {name} | {', '.join(f'{t:.1f}' for t in times)} | {len(texts) / min(times):.0f} | {ami:.3f} |")
    ratios = [theirs / ours for ours, theirs in zip(*seconds.values(), strict=True)]
    print(f"CPU of sentence-transformers to ours, round by round: {', '.join(f'{ratio:.2f}' for ratio in ratios)}")


def partition_texts(texts: Sequence[str], vectors: NDArray[np.float32]) -> NDArray[np.int64]:
    """Group of each text by the recipe that ships."""
    order = np.argsort([hashlib.sha256(text.encode()).hexdigest() for text in texts], kind="stable")
    ordered = vectors[order]
    groups = partition(ordered, nearest_neighbours(ordered, choose_n_neighbours(len(texts))), seed=0)
    return groups[np.argsort(order, kind="stable")]


def _embed_with_torch(python: str, texts: list[str], folder: Path) -> tuple[float, NDArray[np.float32]]:
    (folder / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
    command = [python, str(_PEER), str(MODEL.locate()), str(TOKENIZER.locate()), str(folder)]
    subprocess.run(command, check=True, env={**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"})
    answer = json.loads((folder / "seconds.json").read_text(encoding="utf-8"))
    return float(answer["cpu_s"]), np.load(folder / "vectors.npy")


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(__file__).resolve().parents[1].parent / "shared" / "data"
    parser.add_argument("data", type=Path, nargs="?", default=default, help="folder of the labelled sets")
    parser.add_argument("--torch", required=True, help="Python of the venv that has sentence-transformers")
    parser.add_argument("--rounds", type=int, default=_ROUNDS, help="how often each embeds all texts")
    options = parser.parse_args()
    if not options.data.is_dir():
        sys.exit(f"The data folder {options.data} does not exist; name it as the first argument.")
    return options


if __name__ == "__main__":
    main()
