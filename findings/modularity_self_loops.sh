#!/usr/bin/env bash
# The modularity of one weighted graph with self-loops: five libraries, and no agreement on which partition is better.
#
# Versions: networkx 3.6.1, igraph 1.0.0, leidenalg 0.12.0, scikit-network 0.33.5, graspologic-native 1.3.1, scipy
#   1.17.1.
# Expected: without self-loops all give the same figure, so they share the definition. Self-loops, such as a topic that
#   follows itself, change the value in the same way for all.
# Seen: two triangles joined by an edge, each node with a loop of weight 2. networkx, igraph and leidenalg's quality()
#   count a loop twice in its node's degree and find six single nodes better than the triangles; scikit-network counts
#   it once and finds the triangles better; graspologic-native gives 0.34 to all nodes in one group, which is 0 by
#   definition. leidenalg's `q` differs from its own quality(): it leaves out the weights that the partition was given.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check networkx==3.6.1 igraph==1.0.0 leidenalg==0.12.0 \
  scikit-network==0.33.5 graspologic-native==1.3.1 scipy==1.17.1 2>/dev/null
"$folder/venv/bin/python" - <<'PYTHON' | tee "$folder/seen"
import graspologic_native
import igraph
import leidenalg
import networkx
import numpy as np
from scipy.sparse import csr_matrix
from sknetwork.clustering import get_modularity

TRIANGLES = [(0, 1, 1.0), (1, 2, 1.0), (0, 2, 1.0), (3, 4, 1.0), (4, 5, 1.0), (3, 5, 1.0), (2, 3, 1.0)]
PARTITIONS = {"triangles": [0, 0, 0, 1, 1, 1], "single nodes": [0, 1, 2, 3, 4, 5], "one group": [0] * 6}


def modularities(edges, groups):
    weights = [weight for *_, weight in edges]
    graph = networkx.Graph()
    graph.add_weighted_edges_from(edges)
    yield "networkx", networkx.community.modularity(
        graph, [{node for node in range(6) if groups[node] == group} for group in set(groups)]
    )
    other = igraph.Graph(n=6, edges=[edge[:2] for edge in edges])
    yield "igraph", other.modularity(groups, weights=weights)
    partition = leidenalg.ModularityVertexPartition(other, groups, weights=weights)
    yield "leidenalg, quality()", partition.quality()
    yield "leidenalg, q", partition.q
    matrix = csr_matrix(networkx.to_scipy_sparse_array(graph, nodelist=range(6)))
    yield "scikit-network", get_modularity(matrix, np.array(groups))
    named = [(str(one), str(two), weight) for one, two, weight in edges]
    communities = {str(node): group for node, group in enumerate(groups)}
    yield "graspologic-native", graspologic_native.modularity(edges=named, communities=communities, resolution=1.0)


for title, loops in (("no loops", []), ("loops of weight 2", [(node, node, 2.0) for node in range(6)])):
    print(f"{title}: {', '.join(PARTITIONS)}")
    columns = [dict(modularities(TRIANGLES + loops, groups)) for groups in PARTITIONS.values()]
    for library in columns[0]:
        # Adding 0 turns -0.0 into 0.0.
        print(f"  {library}:", *(f"{round(column[library], 3) + 0:.3f}" for column in columns))
PYTHON
diff "$folder/seen" - <<'SEEN'
no loops: triangles, single nodes, one group
  networkx: 0.357 -0.173 0.000
  igraph: 0.357 -0.173 0.000
  leidenalg, quality(): 0.357 -0.173 0.000
  leidenalg, q: 0.357 -0.173 0.000
  scikit-network: 0.357 -0.173 0.000
  graspologic-native: 0.357 -0.173 0.000
loops of weight 2: triangles, single nodes, one group
  networkx: 0.447 0.464 0.000
  igraph: 0.447 0.464 0.000
  leidenalg, quality(): 0.447 0.464 0.000
  leidenalg, q: 0.423 0.293 0.000
  scikit-network: 0.423 0.293 0.000
  graspologic-native: 0.362 -0.034 0.340
SEEN
