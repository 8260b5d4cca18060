#!/usr/bin/env bash
# Closed sequential patterns that are not closed: prefixspan lists some that a longer pattern makes superfluous.
#
# Version: prefixspan 0.5.2.
# Expected: frequent(…, closed=True) gives the patterns that have no longer pattern around them with the same support.
#   Plain frequent() agrees with counting all subsequences by hand, so the closed list should as well.
# Seen: over 300 small random sets of journeys all lists of frequent patterns are right. One in six of the closed lists
#   has patterns too many, which a longer pattern of the same support contains. With `generator=True`, the shortest
#   patterns of each support, one list in four lacks some.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check prefixspan==0.5.2 2>/dev/null
"$folder/venv/bin/python" - <<'PYTHON' | tee "$folder/seen"
import random
from collections import Counter
from itertools import combinations

from prefixspan import PrefixSpan


def subsequences(journey):
    return {chosen for length in range(1, len(journey) + 1) for chosen in combinations(journey, length)}


def counted(journeys):
    support = Counter(pattern for journey in journeys for pattern in subsequences(journey))
    return {pattern: n for pattern, n in support.items() if n >= 2}


def kept(patterns, is_superfluous):
    def stays(one, n):
        return not any(n == m and one != other and is_superfluous(one, other) for other, m in patterns.items())

    return {one: n for one, n in patterns.items() if stays(one, n)}


def given(journeys, **how):
    return {tuple(pattern): n for n, pattern in PrefixSpan(journeys).frequent(2, **how)}


JOURNEYS = [["price", "plans", "price", "refund"], ["price", "login", "plans", "refund"]]
print("closed:", {" > ".join(pattern): n for pattern, n in given(JOURNEYS, closed=True).items()})
random.seed(1)
n_wrong, n_extra, n_missing = Counter(), Counter(), Counter()
for _ in range(300):
    journeys = [random.choices("abcd", k=random.randint(1, 5)) for _ in range(5)]
    patterns = counted(journeys)
    true = {
        "frequent": (patterns, {}),
        "closed": (kept(patterns, lambda one, other: one in subsequences(other)), {"closed": True}),
        "generators": (kept(patterns, lambda one, other: other in subsequences(one)), {"generator": True}),
    }
    for name, (expected, how) in true.items():
        found = given(journeys, **how)
        n_wrong[name] += found != expected
        n_extra[name] += len(found.keys() - expected.keys())
        n_missing[name] += len(expected.keys() - found.keys())
for name in true:
    print(f"{name}: wrong in {n_wrong[name]} of 300 sets, {n_extra[name]} patterns too many, {n_missing[name]} missing")
PYTHON
diff "$folder/seen" - <<'SEEN'
closed: {'price > plans > refund': 2, 'price > refund': 2}
frequent: wrong in 0 of 300 sets, 0 patterns too many, 0 missing
closed: wrong in 52 of 300 sets, 59 patterns too many, 0 missing
generators: wrong in 72 of 300 sets, 0 patterns too many, 79 missing
SEEN
