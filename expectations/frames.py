"""Arrow <-> what the gate needs: a pandas frame that Great Expectations judges correctly, and JSON records.

Three traps are handled here, so that no rule has to know of them:

* pandas takes NaN for null. A NaN that a source sent is not "no value", so it is shown to the rules as infinity,
  which every bound refuses; nulls become pandas' NaN.
* GX compares integers narrower than 64 bits value by value in Python; they are widened first.
* PostgreSQL stores no NUL character, and one such string would fail the COPY of its whole batch; a helper column
  names the columns of a row that hold one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from expectations.suite import NUL_COLUMN, Latest

if TYPE_CHECKING:
    import pandas as pd

Rows = npt.NDArray[np.int64]
"""Positions in a frame."""

PROVENANCE = frozenset({"payload_sha256", "fetched_at", "quality_flags"})
"""Columns that say where a row came from and how it fared: no part of the contract, judged by no rule."""

_NUL_ESCAPE = r"(^|[^\\])(\\\\)*\\u0000"  # the escape inside JSON text; an escaped backslash before u0000 is harmless


def judged_frame(
    frame: pa.Table, *, fetched_at: str, latest: Sequence[Latest], json_columns: frozenset[str]
) -> pd.DataFrame:
    """The pandas frame of one slice: the record's columns, widened, plus the helper columns of the suite."""
    columns = {name: frame.column(name) for name in frame.column_names if name not in PROVENANCE}
    judged: dict[str, Any] = {name: _judged(column) for name, column in columns.items()}
    judged[NUL_COLUMN] = _named_if_nul(columns, json_columns)
    for helper in latest:
        slack = pa.scalar(timedelta(seconds=helper.slack_s), pa.duration("us"))
        fetched: Any = frame.column(fetched_at)
        judged[helper.column] = pc.add(fetched, slack)
    return pa.table(judged).to_pandas()


def _judged(column: pa.ChunkedArray[Any]) -> Any:
    if pa.types.is_floating(column.type):
        return pc.if_else(_yes(pc.is_nan(column)), pa.scalar(math.inf), column)
    if pa.types.is_integer(column.type):
        return column.cast(pa.int64())
    return column


def _named_if_nul(columns: Mapping[str, pa.ChunkedArray[Any]], json_columns: frozenset[str]) -> Any:
    rows = next(iter(columns.values())).length() if columns else 0
    found: Any = pa.chunked_array([pa.nulls(rows, pa.string())])
    for name, column in columns.items():
        if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
            continue
        holds: Any = pc.match_substring(column, "\x00")
        if name in json_columns:
            holds = pc.or_(holds, pc.match_substring_regex(column, _NUL_ESCAPE))
        if pc.any(holds).as_py():
            named = pc.binary_join_element_wise(found, pa.scalar(name), ", ", null_handling="skip")
            found = pc.if_else(_yes(holds), named, found)
    return found


def _yes(mask: Any) -> Any:
    """``mask`` with null taken for no."""
    return pc.fill_null(mask, False)


def columns_holding_nul(frame: pa.Table, json_columns: frozenset[str]) -> list[str | None]:
    """For each row the names of its columns that hold NUL, comma separated; None where there are none."""
    columns = {name: frame.column(name) for name in frame.column_names if name not in PROVENANCE}
    return list(_named_if_nul(columns, json_columns).to_pylist())


def records(frame: pa.Table, rows: Rows) -> list[dict[str, Any]]:
    """The rows as dicts of JSON values, without provenance, ready for a jsonb column.

    Times are ISO 8601 in UTC; non-finite numbers become the strings NaN, Infinity, -Infinity; NUL becomes ␀.
    """
    names = [name for name in frame.column_names if name not in PROVENANCE]
    taken = frame.select(names).take(pa.array(rows, pa.int64()))
    columns = [_json_values(taken.column(name)) for name in names]
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


def _json_values(column: pa.ChunkedArray[Any]) -> list[Any]:
    if pa.types.is_timestamp(column.type):
        instants: Any = column.cast(pa.timestamp("us", "UTC"))
        return list(pc.strftime(instants, format="%Y-%m-%dT%H:%M:%SZ").to_pylist())
    values = column.to_pylist()
    if pa.types.is_floating(column.type):
        return [v if v is None or math.isfinite(v) else _WORD[str(v)] for v in values]
    if pa.types.is_string(column.type):
        return [v if v is None or "\x00" not in v else v.replace("\x00", "␀") for v in values]
    return list(values)


_WORD = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
