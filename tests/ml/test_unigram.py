"""A tokenizer built from the pieces that texts hold gives the ids of one that knows the whole vocabulary."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import Regex, Tokenizer
from tokenizers.models import Unigram
from tokenizers.normalizers import Precompiled, Replace, Sequence
from tokenizers.pre_tokenizers import Metaspace
from tokenizers.processors import TemplateProcessing

from ml import unigram
from ml.embedding.e5_weights import read_e5
from ml.embedding.multilingual_embedder import E5
from ml.embedding.universal_sentence_encoder import PIECES, _read_pieces
from ml.unigram import MAX_CHARACTERS, Marks, UnigramTokenizer, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable

    from tokenizers.normalizers import Normalizer

SPACES = Replace(Regex(" {2,}"), " ")


def read_e5_pieces() -> tuple[list[tuple[str, float]], Marks, Normalizer]:
    e5 = read_e5(E5.read())
    beginning, end, _, unknown = e5.special_tokens
    return e5.pieces, Marks(beginning, end, unknown), SPACES


def read_use_pieces() -> tuple[list[tuple[str, float]], Marks, Normalizer]:
    pieces, replacements = _read_pieces(PIECES.read())
    return pieces, Marks(beginning=1, end=2, unknown=0), Sequence([Precompiled(replacements), SPACES])


def build_whole(pieces: list[tuple[str, float]], marks: Marks, normalizer: Normalizer) -> Tokenizer:
    """Build a tokenizer of all pieces, as the library is meant to be used."""
    tokenizer = Tokenizer(Unigram(pieces, unk_id=marks.unknown, byte_fallback=False))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = Metaspace(prepend_scheme="always")
    special = [(pieces[mark][0], mark) for mark in (marks.beginning, marks.end)]
    tokenizer.post_processor = TemplateProcessing(single=f"{special[0][0]} $A {special[1][0]}", special_tokens=special)
    return tokenizer


@pytest.mark.parametrize("read", [read_e5_pieces, read_use_pieces])
def test_encode_gives_the_ids_of_the_whole_vocabulary_for_any_text(
    read: Callable[[], tuple[list[tuple[str, float]], Marks, Normalizer]],
):
    pieces, marks, normalizer = read()
    whole, tokenizer = (
        build_whole(pieces, marks, normalizer),
        UnigramTokenizer(Vocabulary.of(pieces), marks, normalizer),
    )
    glued = st.lists(st.sampled_from([piece for piece, _ in pieces]), max_size=12).map("".join)
    words = st.lists(st.one_of(glued, st.text(max_size=8)), max_size=8).map(" ".join)

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.one_of(st.text(max_size=40), words), max_size=5))
    def gives_the_same(texts: list[str]) -> None:
        assert [each.ids for each in tokenizer.encode_batch_fast(texts)] == [
            each.ids for each in whole.encode_batch_fast(texts)
        ]

    gives_the_same()
    for text in (
        "",
        " ",
        "<s>",
        "</s><unk>",
        "\N{LOWER ONE EIGHTH BLOCK}" * 3,
        "𒀀𒀁 refund",
        "a\0b",
        "\N{FULLWIDTH LATIN SMALL LETTER F}\N{IDEOGRAPHIC SPACE}ﬁ",
    ):
        assert tokenizer.encode_batch_fast([text])[0].ids == whole.encode_batch_fast([text])[0].ids


def test_encode_many_words_takes_the_whole_vocabulary_with_the_same_ids(monkeypatch: pytest.MonkeyPatch):
    letters = "abcdefghij"
    chosen = random.Random(0)
    pieces = [("<unk>", 0.0), ("<s>", 0.0), ("</s>", 0.0), *((a, -5.0) for a in letters)]
    pieces += [(f"\N{LOWER ONE EIGHTH BLOCK}{a}", -4.0) for a in letters]
    pieces += [(a + b, -chosen.randrange(8, 80) / 8) for a in letters for b in letters]
    texts = ["".join(chosen.choices(letters + " Z", k=200)) for _ in range(MAX_CHARACTERS // 100)]
    marks = Marks(beginning=1, end=2, unknown=0)
    expected = [each.ids for each in build_whole(pieces, marks, SPACES).encode_batch_fast(texts)]
    tokenizer = UnigramTokenizer(Vocabulary.of(pieces), marks, SPACES)
    assert [each.ids for each in tokenizer.encode_batch_fast(texts)] == expected
    monkeypatch.setattr(unigram, "MAX_CHARACTERS", 10**9)
    tokenizer = UnigramTokenizer(Vocabulary.of(pieces), marks, SPACES)
    assert [each.ids for each in tokenizer.encode_batch_fast(texts)] == expected


def test_encode_equal_pieces_takes_the_last_as_the_library_does():
    pieces = [("<unk>", 0.0), ("<s>", 0.0), ("</s>", 0.0), ("ab", -1.0), ("a", -3.0), ("b", -3.0), ("ab", -9.0)]
    marks = Marks(beginning=1, end=2, unknown=0)
    whole = build_whole(pieces, marks, SPACES).encode_batch_fast(["ab a b abab"])[0].ids
    assert UnigramTokenizer(Vocabulary.of(pieces), marks, SPACES).encode_batch_fast(["ab a b abab"])[0].ids == whole
