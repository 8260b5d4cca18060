"""How good the areas over topics are: do topics of one family share an area, and is no area too large?

SGD names the service of each intent (`Hotels.SearchHotel`); for banking77 the families are taken from the intents'
names below. Turret's areas are compared with other ways to group the same topics into as many areas.
Run `python bench/areas.py --help`; the data is that of bench/topics.py.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn.metrics import adjusted_mutual_info_score
from topics import LabelledSet, embed_set, read_banking, read_sgd

from ml.clustering.areas import find_areas
from ml.embedding.embedders import MiniLMEmbedder
from ml.topic_model import fit_topics

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

BANKING_FAMILIES = {
    "top-up": ("top_up", "topping"),
    "transfer": ("transfer", "beneficiary", "receiving_money"),
    "cash": ("cash", "atm", "card_swallowed"),
    "exchange": ("exchange", "fiat"),
    "account": ("identity", "verify", "edit_personal", "age_limit", "country_support", "terminate"),
    "code and phone": ("pin", "passcode", "phone"),
    "virtual card": ("virtual", "disposable"),
    "payment": ("payment", "charged_twice", "refund", "extra_charge", "debit"),
    "card": ("card", "apple_pay", "contactless", "visa"),
}
"""Families of banking77's intents, by parts of their names; the first that matches counts."""


def main() -> None:
    """Print one row per set and method."""
    options = _parse_arguments()
    options.cache.mkdir(parents=True, exist_ok=True)
    embedder = MiniLMEmbedder()
    print("| set | method | topics | areas | AMI with families | purity | largest area | evenness |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, read, family in (
        ("banking77", read_banking, _banking_family),
        ("SGD dev, informing turns", read_sgd, lambda intent: intent.split(".")[0]),
    ):
        _measure(embed_set(name, list(read(options.data)), embedder, options.cache), family)


def _measure(labelled: LabelledSet, family: Callable[[str], str]) -> None:
    ids = [topic_id or "" for topic_id in fit_topics(labelled.corpus, {}).topic_ids]
    names, topic_of_text = np.unique(ids, return_inverse=True)
    topic = topic_of_text[labelled.row]
    is_in_topic = names[topic] != ""
    found = [name for name in names if name]
    first = int(names[0] == "")
    vectors = labelled.corpus.vectors
    centres = np.stack([vectors[topic_of_text == place].mean(axis=0) for place in range(first, len(names))])
    sizes = np.bincount(topic_of_text)[first:].tolist()
    areas = find_areas(found, centres, sizes, {})
    area_of = {topic_id: place for place, area in enumerate(areas) for topic_id in area.topic_ids}
    truth = np.unique([family(intent) for intent in labelled.intents], return_inverse=True)[1][is_in_topic]
    for method, grouping in {
        "Turret": np.array([area_of[topic_id] for topic_id in found]),
        "average linkage": _link(_unit(centres), "average", len(areas)),
        "complete linkage": _link(_unit(centres), "complete", len(areas)),
        "Ward": _link(_unit(centres), "ward", len(areas)),
        "no areas": np.arange(len(found)),
    }.items():
        _print_row(labelled.name, method, len(found), grouping[topic[is_in_topic] - first], truth)


def _link(centres: NDArray[np.float32], method: str, n_areas: int) -> NDArray[np.int64]:
    """Merge centres until `n_areas` groups are left: int64 (n,)."""
    return fcluster(linkage(centres, method), n_areas, "maxclust").astype(np.int64) - 1


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def _print_row(name: str, method: str, n_topics: int, area: NDArray[Any], truth: NDArray[Any]) -> None:
    together = np.zeros((int(area.max()) + 1, int(truth.max()) + 1))
    np.add.at(together, (area, truth), 1)
    shares = together.sum(axis=1) / together.sum()
    shares = shares[shares > 0]
    evenness = np.exp(-(shares * np.log(shares)).sum()) / len(shares)
    print(
        f"| {name} | {method} | {n_topics} | {len(shares)} | {adjusted_mutual_info_score(truth, area):.3f} "
        f"| {together.max(axis=1).sum() / together.sum():.2f} | {shares.max():.0%} | {evenness:.2f} |",
        flush=True,
    )


def _banking_family(intent: str) -> str:
    name = intent.lower()
    return next(
        (family for family, parts in BANKING_FAMILIES.items() if any(part in name for part in parts)), f"only {name}"
    )


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(__file__).resolve().parents[1].parent / "shared" / "data"
    parser.add_argument("data", type=Path, nargs="?", default=default, help="folder of the labelled sets")
    parser.add_argument("--cache", type=Path, required=True, help="folder that keeps vectors from run to run")
    options = parser.parse_args()
    if not options.data.is_dir():
        sys.exit(f"The data folder {options.data} does not exist; name it as the first argument.")
    return options


if __name__ == "__main__":
    main()
