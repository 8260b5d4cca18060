"""What was tried of pooling and joining, repeated: the tables of docs/topics.md behind "After the table".

Works on the graph alone: nothing is noise or filler here, so that only the recipe counts. AMI over messages, mean of
three seeds. b30 and b15 are banking77 with 30 and 15 texts of each intent.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from sklearn.metrics import adjusted_mutual_info_score
from topics import FILLER_INTENTS, read_banking, read_multidogo, read_sgd, thin_out

from ml import contact
from ml.local_embedder import MAX_TOKENS, MODEL, TOKENIZER, LocalEmbedder
from ml.minilm_graph import build_graph
from ml.neighbours import nearest_neighbours
from ml.partition import _leiden, choose_n_neighbours, neighbour_graph
from ml.transformer import Transformer, load_session, load_tokenizer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from scipy import sparse
    from topics import Message

    Embed = Callable[[Sequence[str]], NDArray[np.float32]]

_SEEDS = range(3)
_POOLING_RESOLUTION = 2.5
_RECIPES = [
    (2.5, 0.5, None),
    (3.0, 0.5, None),
    (3.0, 0.5, 0.11),
    (3.0, 0.5, 0.13),
    (3.0, 0.5, 0.16),
    (3.0, 0.6, 0.10),
    (4.0, 0.5, 0.13),
    (5.0, 0.5, 0.13),
]
"""Resolution, exponent of the border, and least contact; None where nothing is joined."""


class Labelled(NamedTuple):
    """Distinct texts in the order of their hashes, the text of each message, and its intent."""

    texts: list[str]
    rows: NDArray[np.int64]
    intents: list[str]


def main() -> None:
    """Print both tables."""
    options = _parse_arguments()
    options.cache.mkdir(parents=True, exist_ok=True)
    sets = read_sets(options.data)
    print(f"| pooled | {' | '.join(sets)} |\n| --- |{' ---: |' * len(sets)}")
    graphs: dict[str, tuple[sparse.csr_array, int]] = {}
    for name, embed in _poolings().items():
        graphs = {key: build(_embed_once(name, each.texts, embed, options.cache)) for key, each in sets.items()}
        scores = [score(each, graphs[key], _POOLING_RESOLUTION, None) for key, each in sets.items()]
        print(f"| {name} | {' | '.join(f'{ami:.3f}' for ami in scores)} |", flush=True)
    print(f"\n| resolution | exponent | least contact | {' | '.join(sets)} |\n|{' ---: |' * (len(sets) + 3)}")
    for resolution, exponent, least_contact in _RECIPES:
        contact.BORDER_EXPONENT = exponent  # type: ignore[misc]  # what is tried here
        scores = [score(each, graphs[key], resolution, least_contact) for key, each in sets.items()]
        row = [str(resolution), str(exponent), str(least_contact or "none joined"), *(f"{ami:.3f}" for ami in scores)]
        print(f"| {' | '.join(row)} |", flush=True)


def read_sets(folder: Path) -> dict[str, Labelled]:
    """The labelled sets, and banking77 thinned out evenly."""
    banking = list(read_banking(folder))
    multidogo = [m for m in read_multidogo(folder) if "<div>" not in m.intent and m.intent not in FILLER_INTENTS]
    return {
        "banking77": _label(banking),
        "SGD dev": _label(list(read_sgd(folder))),
        "b30": _label(thin_out(banking, 30)),
        "b15": _label(thin_out(banking, 15)),
        "mdg": _label(multidogo),
    }


def build(vectors: NDArray[np.float32]) -> tuple[sparse.csr_array, int]:
    """The graph of texts, and how many neighbours each has in it."""
    k = choose_n_neighbours(len(vectors))
    return neighbour_graph(nearest_neighbours(vectors, k)), k


def score(
    labelled: Labelled, graph: tuple[sparse.csr_array, int], resolution: float, least_contact: float | None
) -> float:
    """AMI of one recipe, mean of the seeds."""
    weights, k = graph
    scores = []
    for seed in _SEEDS:
        groups = np.unique(_leiden(weights, seed, resolution), return_inverse=True)[1]
        if least_contact is not None:
            groups = contact.join_touching(weights, groups, n_neighbours=k, least_contact=least_contact)
        scores.append(adjusted_mutual_info_score(labelled.intents, groups[labelled.rows]))
    return float(np.mean(scores))


def _poolings() -> dict[str, Embed]:
    """The same model, its states averaged over other tokens; what ships comes last."""
    words = load_tokenizer(TOKENIZER.read(), MAX_TOKENS)
    session = load_session(build_graph(MODEL.read()), is_fused=True)
    is_no_mark = np.ones(words.get_vocab_size(), dtype=np.bool_)
    is_no_mark[[words.token_to_id(mark) for mark in ("[CLS]", "[SEP]")]] = False
    transformers = {
        "all tokens": Transformer(session, words),
        "all but the marks": Transformer(session, words, is_pooled=is_no_mark),
    }
    return {**{name: _embed_with(each) for name, each in transformers.items()}, "words alone": LocalEmbedder().embed}


def _embed_with(transformer: Transformer) -> Embed:
    def embed(texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = np.empty((len(texts), LocalEmbedder.dimensions), dtype=np.float32)
        for rows, batch in transformer.embed(texts):
            vectors[rows] = batch
        return vectors

    return embed


def _embed_once(pooling: str, texts: list[str], embed: Embed, cache: Path) -> NDArray[np.float32]:
    file = cache / f"{hashlib.sha256(chr(10).join([pooling, MODEL.sha256, *texts]).encode()).hexdigest()[:16]}.npy"
    if not file.exists():
        np.save(file, embed(texts))
    vectors: NDArray[np.float32] = np.load(file)
    return vectors


def _label(messages: Sequence[Message]) -> Labelled:
    texts = sorted({message.text for message in messages}, key=lambda text: hashlib.sha256(text.encode()).hexdigest())
    place = {text: row for row, text in enumerate(texts)}
    return Labelled(texts, np.array([place[m.text] for m in messages]), [m.intent for m in messages])


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(__file__).resolve().parents[1].parent / "shared" / "data"
    parser.add_argument("data", type=Path, nargs="?", default=default, help="folder of the labelled sets")
    parser.add_argument("--cache", type=Path, required=True, help="folder that keeps vectors from run to run")
    return parser.parse_args()


if __name__ == "__main__":
    main()
