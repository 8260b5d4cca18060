"""Pivot the long frames of the gates' SQL to one row per key with a column for each number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from expectations.errors import UnknownMeasureError
from expectations.rule import keys_column

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


def spread_measures(long: pd.DataFrame, key: Sequence[str], measures: Collection[str]) -> pd.DataFrame:
    """Return one row per `key` with a column for each measure; 0 where nothing was counted.

    Args:
        long: `key` columns, `measure` and `n`.
        key: columns that identify a row of the result.
        measures: names of all measures that rules compare.

    Raises:
        UnknownMeasureError: the frame has a measure that no rule compares.
    """
    _check_known(long["measure"], measures)
    wide = long.pivot_table(index=list(key), columns="measure", values="n", aggfunc="sum", fill_value=0)
    return wide.reindex(columns=sorted(measures), fill_value=0).astype("int64").reset_index()


def spread_faults(long: pd.DataFrame, keys: Sequence[str], faults: Collection[str]) -> pd.DataFrame:
    """Return one row per project with two columns for each fault: the count, and the keys of a few rows.

    Args:
        long: `project_id`, `fault`, `n_failing` and `failing_keys`; a null fault stands for a project without one.
        keys: projects that must have a row even if the frame has none of theirs.
        faults: names of all faults that rules forbid.

    Raises:
        UnknownMeasureError: the frame has a fault that no rule forbids.
    """
    found = long[long["fault"].notna()]
    _check_known(found["fault"], faults)
    rows = {key: _no_faults(key, faults) for key in sorted({*keys, *long["project_id"]})}
    for line in found.to_dict("records"):
        rows[line["project_id"]][line["fault"]] = int(line["n_failing"])
        rows[line["project_id"]][keys_column(line["fault"])] = [str(key) for key in line["failing_keys"]]
    columns = _no_faults("", faults)
    return pd.DataFrame(list(rows.values()), columns=list(columns))


def _no_faults(project_id: str, faults: Collection[str]) -> dict[str, object]:
    columns: dict[str, object] = {"project_id": project_id}
    for fault in faults:
        columns |= {fault: 0, keys_column(fault): []}
    return columns


def _check_known(found: pd.Series[str], known: Collection[str]) -> None:
    unknown = sorted(set(found) - set(known))
    if unknown:
        raise UnknownMeasureError(f"The gate counts {', '.join(unknown)}, but no rule uses it.")
