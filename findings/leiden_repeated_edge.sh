#!/usr/bin/env bash
# An edge that is listed twice: one entry point of graspologic-native keeps the first weight, the other adds both up.
#
# Versions: graspologic-native 1.3.1, numpy 2.4.6.
# Expected: `leiden` (a list of edges) and `leiden_csr` (the same edges as a sparse matrix) see the same graph. Either
#   both sum repeated edges, as scipy does on conversion, or both refuse them.
# Seen: two triangles joined by one edge. The joining edge is listed with weight 0.5 and again with 9.0. `leiden` goes
#   by 0.5 alone and keeps the triangles apart; with the sum, 9.5, it gives another partition. Nothing is reported.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check graspologic-native==1.3.1 numpy==2.4.6 2>/dev/null
"$folder/venv/bin/python" - <<'PYTHON' | tee "$folder/seen"
import graspologic_native as native
import numpy as np

TRIANGLES = [("a", "b", 1.0), ("b", "c", 1.0), ("a", "c", 1.0), ("d", "e", 1.0), ("e", "f", 1.0), ("d", "f", 1.0)]


def groups(by_node):
    found = {}
    for node, group in sorted(by_node.items()):
        found.setdefault(group, []).append(node)
    return sorted("".join(members) for members in found.values())


def by_list(joining):
    _, found = native.leiden(edges=TRIANGLES + joining, resolution=1.0, iterations=10, seed=1, randomness=0.001,
                             trials=1, use_modularity=True, starting_communities=None)
    return groups(found)


def by_rows(joining):
    rows = {node: [] for node in "abcdef"}
    for one, other, weight in TRIANGLES + joining:
        rows[one].append((ord(other) - 97, weight))
        rows[other].append((ord(one) - 97, weight))
    ends = np.cumsum([0, *(len(row) for row in rows.values())]).astype(np.int64)
    columns = np.array([column for row in rows.values() for column, _ in row], dtype=np.int32)
    weights = np.array([weight for row in rows.values() for _, weight in row])
    _, found = native.leiden_csr(ends, columns, weights, 6, resolution=1.0, iterations=10, seed=1)
    return groups({chr(97 + node): group for node, group in found.items()})


for name, leiden in (("leiden", by_list), ("leiden_csr", by_rows)):
    print(name, "0.5:", leiden([("c", "d", 0.5)]))
    print(name, "0.5 and 9.0:", leiden([("c", "d", 0.5), ("c", "d", 9.0)]))
    print(name, "9.5:", leiden([("c", "d", 9.5)]))
PYTHON
diff "$folder/seen" - <<'SEEN'
leiden 0.5: ['abc', 'def']
leiden 0.5 and 9.0: ['abc', 'def']
leiden 9.5: ['ab', 'cd', 'ef']
leiden_csr 0.5: ['abc', 'def']
leiden_csr 0.5 and 9.0: ['ab', 'cd', 'ef']
leiden_csr 9.5: ['ab', 'cd', 'ef']
SEEN
