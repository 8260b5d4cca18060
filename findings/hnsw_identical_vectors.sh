#!/usr/bin/env bash
# Many messages with one text ("ok") in an HNSW index: other messages can no longer find themselves.
#
# Versions: faiss-cpu 1.15.1, usearch 2.26.6, numpy 2.4.6.
# Expected: 2,000 distinct random vectors, and thousands of copies of the first one behind them in the same index.
#   Searching with one of the other vectors finds it, as it always does without copies: they cost memory, not recall.
# Seen: 1,000 copies hide more than one vector in ten from its own search, in both. With 5,000 copies faiss stays there,
#   and usearch finds none of the other 1,999.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check faiss-cpu==1.15.1 usearch==2.26.6 numpy==2.4.6 \
  2>/dev/null
"$folder/venv/bin/python" - <<'PYTHON' | tee "$folder/seen"
import faiss
import numpy as np
from usearch.index import Index

faiss.omp_set_num_threads(1)
vectors = np.random.default_rng(0).normal(size=(2000, 32)).astype(np.float32)
vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)


def by_faiss(rows):
    index = faiss.IndexHNSWFlat(32, 16)
    index.add(rows)
    return index.search(vectors, 1)[1][:, 0]


def by_usearch(rows):
    index = Index(ndim=32, metric="cos", dtype="f32")
    index.add(np.arange(len(rows)), rows, threads=1)
    return index.search(vectors, 1, threads=1).keys[:, 0]


for name, search in (("faiss", by_faiss), ("usearch", by_usearch)):
    for n_copies in (0, 1000, 5000):
        found = search(np.vstack([vectors, np.repeat(vectors[:1], n_copies, axis=0)]))
        share = np.mean(found[1:] == np.arange(1, 2000))
        print(f"{name}, {n_copies} copies: {share:.1f} of the others find themselves")
PYTHON
diff "$folder/seen" - <<'SEEN'
faiss, 0 copies: 1.0 of the others find themselves
faiss, 1000 copies: 0.9 of the others find themselves
faiss, 5000 copies: 0.9 of the others find themselves
usearch, 0 copies: 1.0 of the others find themselves
usearch, 1000 copies: 0.9 of the others find themselves
usearch, 5000 copies: 0.0 of the others find themselves
SEEN
