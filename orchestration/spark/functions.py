"""SQL functions that Spark lacks and the dbt project's macros for Spark call; a session registers them.

Each is a function of batches of texts, in Arrow's format. Executors import this module, so Turret must be installed on
every host of a cluster.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import pyarrow as pa
from pyspark.sql.functions import arrow_udf  # type: ignore[attr-defined]  # its stubs lack it

from orchestration.spark.metadata_values import as_compared, is_json_structure, scalars

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SCALARS = "array<struct<field: string, kind: string, value: string, position: array<bigint>, is_element: boolean>>"
"""What `json_scalars` returns for an object: one struct for each scalar."""
_SCALAR = pa.struct(
    {
        "field": pa.string(),
        "kind": pa.string(),
        "value": pa.string(),
        "position": pa.list_(pa.int64()),
        "is_element": pa.bool_(),
    }
)


def register_functions(session: SparkSession) -> None:
    """Make `json_scalars`, `compared_text` and `json_structure` known to the SQL of a session."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # about pandas, which these functions do not use
        session.udf.register("json_scalars", arrow_udf(json_scalars, SCALARS))
        session.udf.register("compared_text", arrow_udf(compared_text, "string"))
        session.udf.register("json_structure", arrow_udf(json_structure, "boolean"))


def json_scalars(metadata: pa.Array) -> pa.Array:
    """The scalars of each JSON object."""
    columns: tuple[list[object], ...] = ([], [], [], [], [])
    ends = [0]
    for text in metadata.to_pylist():
        for scalar in scalars(text) if text is not None else ():
            for column, value in zip(columns, scalar, strict=True):
                column.append(value)
        ends.append(len(columns[0]))
    arrays = [pa.array(column, field.type) for column, field in zip(columns, _SCALAR, strict=True)]
    return pa.ListArray.from_arrays(
        pa.array(ends, pa.int32()), pa.StructArray.from_arrays(arrays, fields=list(_SCALAR))
    )


def compared_text(texts: pa.Array) -> pa.Array:
    """Each text as it is compared."""
    return pa.array([None if text is None else as_compared(text) for text in texts.to_pylist()], pa.string())


def json_structure(texts: pa.Array) -> pa.Array:
    """Whether each text is a JSON object or array."""
    return pa.array([None if text is None else is_json_structure(text) for text in texts.to_pylist()], pa.bool_())
