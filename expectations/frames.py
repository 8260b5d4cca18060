"""Long frames, as the SQL of the gates gives them, into one row per key with a column for each number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from expectations.errors import UnknownMeasureError
from expectations.rule import keys_column

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


def spread_measures(long: pd.DataFrame, key: Sequence[str], measures: Collection[str]) -> pd.DataFrame:
    """One row per `key` with a column for each measure; 0 where nothing was counted.

    Args:
        long: `key` columns, `measure` and `n`.
        key: Columns that name a row of the result.
        measures: Names of all measures that rules compare.

    Raises:
        UnknownMeasureError: the frame counts something that no rule compares.
    """
    _check_known(long["measure"], measures)
    wide = long.pivot_table(index=list(key), columns="measure", values="n", aggfunc="sum", fill_value=0)
    return wide.reindex(columns=sorted(measures), fill_value=0).astype("int64").reset_index()


def spread_faults(long: pd.DataFrame, keys: Sequence[str], faults: Collection[str]) -> pd.DataFrame:
    """One row per project with two columns for each fault: how many there are, and keys of a few of them.

    Args:
        long: `project_id`, `fault`, `n_failing` and `failing_keys`; a null fault stands for a project without one.
        keys: Projects that must have a row even if the frame has none of theirs.
        faults: Names of all faults that rules forbid.

    Raises:
        UnknownMeasureError: the frame counts a fault that no rule forbids.
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
        raise UnknownMeasureError(f"The gate counts {', '.join(unknown)}; no rule knows of it.")
