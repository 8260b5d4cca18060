"""Make `ml/embedding/multilingual.npz`, which maps multilingual-e5-small, MiniLM and USE into one space.

`ml/embedding/multilingual_embedder.py` says how it is used. There are two sources of text, neither of which is
used to measure topics:

* Django's own messages in more than ninety languages (`pip download --no-deps Django`, unpacked; BSD-3): the mean of
  e5's vectors for each language, from the same messages for all; the mean of these means, and the directions in which
  they differ most, found by singular values;
* example sentences and definitions of WordNet 3.0 (Debian's `wordnet-base`: `apt-get download`, `dpkg-deb -x`; free to
  use for any purpose): the linear maps from e5's vectors of English, without these directions, to those of MiniLM and
  USE, by ridge regression.

Run `python bench/language_constants.py DJANGO WORDNET`: the folder that holds `conf/locale`, and that of `data.noun`.
"""

from __future__ import annotations

import argparse
import gettext
import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from ml.embedding.minilm_embedder import MiniLMEmbedder
from ml.embedding.multilingual_embedder import Constants, E5Encoder
from ml.embedding.universal_sentence_encoder import DIMENSIONS, UseEncoder

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

N_MESSAGES: Final = 150
"""Messages, those that most languages have."""
MIN_MESSAGES: Final = 60
"""With fewer of them a language is left out."""
N_DIRECTIONS: Final = 20
N_EXAMPLES: Final = 6_000
N_DEFINITIONS: Final = 2_000
RIDGE: Final = 5.0
_FILE: Final = Path(__file__).parents[1] / "ml" / "multilingual.npz"
_PLACEHOLDERS: Final = re.compile(r"%\([a-z_0-9]+\)[sd]|%[sd]|\{[a-z_ ]*\}|<[^>]+>")
_MAX_CHARACTERS: Final = 160


def main() -> None:
    """Embed both sources, and write the constants."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("django", type=Path, help="the package's folder, which holds conf/locale")
    parser.add_argument("wordnet", type=Path, help="the folder that holds data.noun")
    options = parser.parse_args()
    encoder = E5Encoder()
    means = {name: encoder.embed(texts).mean(axis=0) for name, texts in read_messages(options.django).items()}
    sentences = read_wordnet(options.wordnet)
    others = MiniLMEmbedder().embed(sentences), UseEncoder().embed(sentences)
    constants = fit_constants(np.stack(list(means.values())), encoder.embed(sentences), *others)
    np.savez_compressed(_FILE, **{name: values.astype(np.float16) for name, values in vars(constants).items()})
    print(f"{len(means)} languages, {len(sentences):,} English texts: {_FILE.stat().st_size:,} bytes in {_FILE}")


def fit_constants(
    means: NDArray[np.float32], e5: NDArray[np.float32], minilm: NDArray[np.float32], use: NDArray[np.float32]
) -> Constants:
    """Find the constants.

    Args:
        means: float32 (languages, 384), mean of e5's vectors for each language.
        e5: float32 (n, 384), of English texts.
        minilm: float32 (n, 384), of the same texts.
        use: float32 (n, 512), of the same texts.
    """
    mean = means.mean(axis=0)
    directions = np.linalg.svd(means - mean, full_matrices=False)[2][:N_DIRECTIONS]
    nothing = np.empty((len(mean), DIMENSIONS), dtype=np.float32)
    constants = Constants(mean, directions, np.eye(len(mean), dtype=np.float32), nothing)
    meaning = constants.remove_language(e5)
    squares = meaning.T @ meaning + RIDGE * np.eye(len(mean), dtype=np.float32)
    to_minilm, to_use = (np.linalg.solve(squares, meaning.T @ other) for other in (minilm, use))
    return Constants(mean, directions, to_minilm, to_use)


def read_messages(django: Path) -> dict[str, list[str]]:
    """Return Django's messages by language, including English; the same messages for each language if it has them."""
    by_language: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for file in sorted(django.glob("**/locale/*/LC_MESSAGES/django.mo")):
        by_language[file.parts[-3]] |= dict(_read_catalogue(file))
    n_languages = Counter(english for messages in by_language.values() for english in messages)
    by_language["en"] = {english: _clean(english) for english in n_languages}
    several_words = [english for english in sorted(n_languages) if " " in _clean(english)]
    chosen = sorted(several_words, key=lambda english: -n_languages[english])[:N_MESSAGES]
    texts = {
        language: [messages[english] for english in chosen if messages.get(english)]
        for language, messages in sorted(by_language.items())
    }
    return {language: each for language, each in texts.items() if len(each) >= MIN_MESSAGES}


def _read_catalogue(file: Path) -> Iterable[tuple[str, str]]:
    with file.open("rb") as content:
        catalogue = gettext.GNUTranslations(content)._catalog  # type: ignore[attr-defined]  # noqa: SLF001
    for key, translated in catalogue.items():
        english = (key[0] if isinstance(key, tuple) else key).split("\x04")[-1]
        if english and translated != english:
            yield english, _clean(translated)


def _clean(message: str) -> str:
    return " ".join(_PLACEHOLDERS.sub("", message).split())


def read_wordnet(folder: Path) -> list[str]:
    """Return a random but stable sample of examples and definitions."""
    examples, definitions = set(), set()
    for part in ("noun", "verb", "adj", "adv"):
        for line in (folder / f"data.{part}").read_text(encoding="latin-1").splitlines():
            if line.startswith("  "):  # the licence
                continue
            gloss = line.rpartition("|")[2].strip()
            examples.update(re.findall(rf'"([^"]{{8,{_MAX_CHARACTERS}}})"', gloss))
            definitions.add(re.sub(r'"[^"]*"', "", gloss).strip(" ;")[:_MAX_CHARACTERS])
    random = np.random.default_rng(0)
    parts = ((examples, N_EXAMPLES), (definitions - {""}, N_DEFINITIONS))
    return [text for texts, n in parts for text in random.choice(sorted(texts), n, replace=False).tolist()]


if __name__ == "__main__":
    main()
