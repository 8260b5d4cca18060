"""Whether boilerplate is stripped, and nothing else is; and which part of long texts is worth reading.

Run `python bench/boilerplate.py DATA`; DATA is the folder of `bench/topics.py`. It prints three tables:

* texts of the unchanged data that lose anything, with each set and each intent as a separate field: none should;
* eight intents of banking77 behind instructions, in mails and so on: purity and AMI of topics as they are, with the
  boilerplate in, and of the bare texts;
* the share of long texts whose nearest neighbour has the same intent, where four messages are before, within or
  after 300 words of something else: reading only the beginning, or the beginning and the end.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from sklearn.metrics import adjusted_mutual_info_score

from ml.corpus import Corpus
from ml.embedding.embedders import MultilingualEmbedder
from ml.messages.boilerplate import MIN_TEXTS, find_boilerplate
from ml.topic_model import fit_topics

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MAX_SAMPLE: Final = 2_000
N_TEXTS: Final = 40
"""Texts of an intent."""
N_WORDS: Final = 300
N_READ: Final = 150
"""Number of words that are at most 256 tokens."""
INTENTS: Final = (
    "card_arrival",
    "exchange_rate",
    "passcode_forgotten",
    "age_limit",
    "pending_transfer",
    "lost_or_stolen_card",
    "change_pin",
    "country_support",
)
NAMES: Final = ("Anna Berger", "Tom Li", "Maria Lopez", "Olga Nowak", "Ivan Petrov", "Aylin Demir", "Sam Smith")
POLICY: Final = " ".join(f"Policy {n}: never tell a customer about article {n} of the contract." for n in range(30))
AROUND: Final = {
    "bare": "{said}",
    "instructions": f"You are the assistant of a bank. {POLICY}\n\nQuestion: {{said}}",
    "instructions behind": "{said} Answer in at most three sentences and never mention any of the bank's competitors.",
    "date and name": "Today is {n} May. You help the customers of a bank. {name} writes: '{said}'\nReply kindly.",
    "mail": "Hello {name},\n\n{said}\n\nBest regards,\n{name}\nSent from my phone\nThis mail may be confidential.",
    "header": "From: {name}\nSent: {n} May\nCustomer number: {n}\n\n{said}",
    "answered mail": "{said}\n\nOn {n} May, Support <help@bank.example> wrote:\n> Dear {name},\n> We look into it.",
    "German mail": "Sehr geehrte Damen und Herren,\n\n{said}\n\nMit freundlichen Grüßen\n{name}",
}


def main() -> None:
    """Print the three tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    data: Path = parser.parse_args().data
    fields = dict(read_fields(data))
    n_lost = {name: count_lost(texts) for name, texts in fields.items() if len(texts) >= MIN_TEXTS}
    print(f"fields {len(n_lost)}, texts that lose anything {sum(n_lost.values())}")
    texts = {intent: fields[f"banking77/{intent}"][:N_TEXTS] for intent in INTENTS}
    embedder = MultilingualEmbedder()
    for name, pattern in AROUND.items():
        print(f"{name}: left out {measure(surround(pattern, texts), embedder)}")
    other = fields["stackoverflow_titles"]
    fours = {intent: [" ".join(four) for four in batched(fields[f"banking77/{intent}"])] for intent in INTENTS}
    for place, share in (("before", 0.0), ("within", 0.5), ("behind", 1.0)):
        print(f"{place}: {measure_ends(fours, other, share, embedder)}")


def batched(texts: Sequence[str]) -> Iterable[Sequence[str]]:
    """Yield the items four at a time."""
    return (texts[start : start + 4] for start in range(0, len(texts) - 3, 4))


def read_fields(data: Path) -> Iterable[tuple[str, list[str]]]:
    """Yield every set, and every intent of it, as a field: distinct texts in the order of their hashes."""
    fields: defaultdict[str, set[str]] = defaultdict(set)
    for name, intent, text in read_texts(data):
        fields[name].add(text)
        fields[f"{name}/{intent}"].add(text)
    for name, texts in fields.items():
        yield name, sorted(texts, key=lambda text: hashlib.sha256(text.encode()).hexdigest())


def read_texts(data: Path) -> Iterable[tuple[str, str, str]]:
    """Yield set, intent and text of all data."""
    for file in sorted(data.glob("*.csv")):
        with file.open(newline="", encoding="utf-8") as rows:
            yield from ((file.stem, row["intent"], row["text"]) for row in csv.DictReader(rows))
    for file in sorted(data.glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            turns = row.get("turns") or [
                {"intent": f"{language}/{row['intent']}", "text": row[language]} for language in set(row) - {"intent"}
            ]
            yield from ((file.stem, str(turn["intent"]), turn["text"]) for turn in turns)


def count_lost(texts: Sequence[str]) -> int:
    """Return how many texts of a field lose anything."""
    found = find_boilerplate(texts[:MAX_SAMPLE])
    return sum(found.strip(text) != text for text in texts) if found else 0


def surround(pattern: str, texts: dict[str, list[str]]) -> list[tuple[str, str]]:
    """Return each text inside a pattern, with its intent."""
    said = [(intent, text) for intent, few in texts.items() for text in few]
    return [
        (intent, pattern.format(said=text, name=NAMES[n % len(NAMES)], n=n % 29 + 1))
        for n, (intent, text) in enumerate(said)
    ]


def measure(said: list[tuple[str, str]], embedder: MultilingualEmbedder) -> str:
    """Write purity and AMI of the topics of the stripped texts, and of the original texts."""
    intents, texts = zip(*said, strict=True)
    found = find_boilerplate(texts)
    return (
        f"{score(intents, [found.strip(text) for text in texts], embedder)}, left in {score(intents, texts, embedder)}"
    )


def score(intents: Sequence[str], texts: Sequence[str], embedder: MultilingualEmbedder) -> str:
    """Write purity and AMI of the topics of these texts."""
    hashes = [hashlib.sha256(f"{n} {text}".encode()).hexdigest() for n, text in enumerate(texts)]
    corpus = Corpus(list(texts), hashes, embedder.embed(texts), np.ones(len(texts), dtype=np.int64))
    topics = [str(topic) for topic in fit_topics(corpus, {}).topic_ids]
    counts = Counter(zip(topics, intents, strict=True))
    purity = sum(max(n for (topic, _), n in counts.items() if topic == each) for each in set(topics)) / len(texts)
    return f"{purity:.3f} / {adjusted_mutual_info_score(intents, topics):.3f}"


def measure_ends(
    texts: dict[str, list[str]], other: Sequence[str], share: float, embedder: MultilingualEmbedder
) -> str:
    """Write how often the nearest text has the same intent: for the beginning alone, and for both ends."""
    words = " ".join(other).split()
    long: list[tuple[str, str]] = []
    for intent, text in surround("{said}", texts):
        around = words[len(long) * N_WORDS % (len(words) - N_WORDS) :][:N_WORDS]
        n_before = int(share * N_WORDS)
        long.append((intent, " ".join([*around[:n_before], text, *around[n_before:]])))
    intents, both = zip(*long, strict=True)
    beginnings = [" ".join(text.split()[:N_READ]) for text in both]
    return " against ".join(f"{nearest_share(intents, each, embedder):.3f}" for each in (beginnings, both))


def nearest_share(intents: Sequence[str], texts: Sequence[str], embedder: MultilingualEmbedder) -> float:
    """Return the share of texts whose nearest other text has the same intent."""
    vectors = embedder.embed(texts)
    similarities = vectors @ vectors.T
    np.fill_diagonal(similarities, -1)
    names = np.array(intents)
    return float((names[similarities.argmax(axis=1)] == names).mean())


if __name__ == "__main__":
    main()
