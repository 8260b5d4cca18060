#!/usr/bin/env bash
# Messages that repeat word for word: HDBSCAN's soft memberships are NaN for them, and argmax puts them elsewhere.
#
# Versions: hdbscan 0.8.44, scikit-learn 1.9.1, numpy 2.4.6.
# Expected: a cluster may be nothing but one vector, that of a message sent by many ("thanks"). Its points belong to it
#   with certainty, so all_points_membership_vectors gives them their largest share there.
# Seen: labels_ are right, and the rows of these points are NaN throughout. The argmax of such a row is 0, another
#   cluster. Moved apart by a millionth, the same points get their shares. Only NumPy hints at it, with a warning
#   about a division.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check hdbscan==0.8.44 scikit-learn==1.9.1 numpy==2.4.6 \
  2>/dev/null
"$folder/venv/bin/python" -W ignore - <<'PYTHON' | tee "$folder/seen"
import hdbscan
import numpy as np

random = np.random.default_rng(0)
others = np.vstack([random.normal(centre, 1, (60, 2)) for centre in (-6, 6)])
for name, thanks in (("identical", np.zeros((60, 2))), ("a millionth apart", random.normal(0, 1e-6, (60, 2)))):
    model = hdbscan.HDBSCAN(min_cluster_size=10, prediction_data=True).fit(np.vstack([others, thanks]))
    shares = hdbscan.all_points_membership_vectors(model)
    right = shares.argmax(axis=1) == model.labels_
    n_unknown = np.isnan(shares[-60:]).any(axis=1).sum()
    print(f"{name}: in cluster {model.labels_[-60:].min()}, rows with NaN: {n_unknown} of 60")
    print(f"  largest share where the label is: {right[-60:].sum()} of 60, of the others {right[:-60].sum()} of 120")
PYTHON
diff "$folder/seen" - <<'SEEN'
identical: in cluster 1, rows with NaN: 60 of 60
  largest share where the label is: 0 of 60, of the others 120 of 120
a millionth apart: in cluster 1, rows with NaN: 0 of 60
  largest share where the label is: 60 of 60, of the others 120 of 120
SEEN
