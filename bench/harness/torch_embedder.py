"""all-MiniLM-L6-v2 in sentence-transformers, made of the packaged weights: run by `embedder_speed.py` in its own venv.

Arguments: the packaged ONNX file, the tokenizer's file, and a folder with `texts.json`, which gets `vectors.npy` and
`seconds.json`.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from sentence_transformers import SentenceTransformer
from sentence_transformers.models import Normalize, Pooling, Transformer
from transformers import BertConfig, BertModel, BertTokenizerFast

_MATRICES = (
    "attention.self.query",
    "attention.self.key",
    "attention.self.value",
    "attention.output.dense",
    "intermediate.dense",
    "output.dense",
)


def main() -> None:
    """Embed the texts with sentence-transformers' own defaults, on one thread."""
    model_file, tokenizer_file, folder = (Path(argument) for argument in sys.argv[1:4])
    torch.set_num_threads(1)
    _write_model(model_file, tokenizer_file, folder / "bert")
    words = Transformer(str(folder / "bert"), max_seq_length=256)
    model = SentenceTransformer(modules=[words, Pooling(384), Normalize()], device="cpu")
    texts = json.loads((folder / "texts.json").read_text(encoding="utf-8"))
    model.encode(texts[:64])
    start = time.process_time()
    vectors = model.encode(texts)
    seconds = time.process_time() - start
    np.save(folder / "vectors.npy", vectors)
    (folder / "seconds.json").write_text(json.dumps({"cpu_s": seconds}), encoding="utf-8")


def _write_model(model_file: Path, tokenizer_file: Path, folder: Path) -> None:
    config = BertConfig(
        vocab_size=30522,
        hidden_size=384,
        num_hidden_layers=6,
        num_attention_heads=12,
        intermediate_size=1536,
        max_position_embeddings=512,
    )
    model = BertModel(config, add_pooling_layer=False)
    missing = model.load_state_dict(_read_weights(model_file), strict=False).missing_keys
    if missing:
        sys.exit(f"{model_file} lacks {missing}.")
    model.save_pretrained(folder)
    BertTokenizerFast(tokenizer_file=str(tokenizer_file), do_lower_case=True).save_pretrained(folder)


def _read_weights(file: Path) -> dict[str, torch.Tensor]:
    tensors = {t.name: numpy_helper.to_array(t) for t in onnx.load(file).graph.initializer}
    whole = {
        name.removesuffix("_q"): values.astype(np.float32) * tensors[name[:-1] + "scale"].astype(np.float32)
        for name, values in tensors.items()
        if name.endswith("_q")
    }
    weights = {name: values for name, values in tensors.items() if values.dtype == np.float32} | whole
    matrices = sorted((name for name in weights if name.startswith("val_") and name in whole), key=lambda n: int(n[4:]))
    for place, name in enumerate(matrices):
        layer, part = divmod(place, len(_MATRICES))
        weights[f"inner.encoder.layer.{layer}.{_MATRICES[part]}.weight"] = weights[name].T
    return {
        name.removeprefix("inner."): torch.from_numpy(np.array(values))
        for name, values in weights.items()
        if name.startswith("inner.")
    }


if __name__ == "__main__":
    main()
