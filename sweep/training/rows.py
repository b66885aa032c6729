"""The rows of the table that runs become."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from results import columns
from sweep.plan.plan import Plan, Ranges
from sweep.specification.axes import sometimes
from sweep.specification.several.alternatives import several
from sweep.training.chosen_kernels import measured_of, scored_of

if TYPE_CHECKING:
    import pyarrow as pa

Columns = dict[str, np.ndarray]

#: What is kept of each column of the data -> its name beside the columns of a run.
OF_FEATURES = {name: f"feature_{name}" for name in ("kept", "weight", "importance")}


class Rows(NamedTuple):
    """What a task gives: one row a run, and rows of other tables, by their kind.

    There are ``history`` and ``features``, where they are kept.
    """

    runs: "pa.Table"
    beside: "Mapping[str, pa.Table]"


def numbers_of(ranges: Ranges) -> np.ndarray:
    """Return the run numbers of some ranges."""
    return np.concatenate([np.arange(start, stop) for start, stop in ranges])


def only(rows: Rows, numbers: np.ndarray) -> Rows:
    """Return the rows of some of the runs."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if len(rows.runs) == len(numbers):
        return rows
    wanted = pa.array(numbers)

    def kept(table: "pa.Table") -> "pa.Table":
        return table.filter(pc.is_in(table["run"], value_set=wanted))

    return Rows(kept(rows.runs), {kind: kept(table) for kind, table in rows.beside.items()})


def failed_rows(plan: Plan, numbers: np.ndarray) -> Rows:
    """Return the rows of runs that ended in error: their places in the grid, and nothing known."""
    place = {"run": numbers, **plan.grid.coordinates(numbers)}
    return Rows(table(plan, {**place, "status": np.full(len(numbers), "error")}), {})


def table(plan: Plan, values: Columns) -> "pa.Table":
    """Make the table of some runs."""
    return _by_run(_filled(schema(plan), plan.name, values), values["run"])


def _by_run(rows: "pa.Table", numbers: np.ndarray) -> "pa.Table":
    """Sort rows by their runs, and leave the order within a run."""
    if (np.diff(numbers) >= 0).all():
        return rows
    return rows.take(np.argsort(numbers, kind="stable"))


def schema(plan: Plan) -> "pa.Schema":
    """Return the columns of a sweep's table, by its plan or that of a part."""
    weights = [f"w{i}" for i in range(1, len(plan.whole.widths))]
    return columns.schema(weights, plan.spec.vary, _extras(plan))


def _extras(plan: Plan) -> list[str]:
    """Return which of the optional columns there are."""
    spec = plan.whole.spec
    there: dict[str, object] = {
        "path": spec.path,
        "best_epoch": any(several("patience", spec.patience)),
        "rung": spec.halving,
        **dict.fromkeys(columns.HELD_OUT, spec.holds_out),
        **dict.fromkeys(("test_rows", columns.TEST[0]), spec.sets_apart),
        "val_from": spec.order and spec.holds_out,
        "test_size": spec.sets_apart and (spec.weight or spec.groups),
        "outer": spec.outer_folds,
        "l21_penalty": spec.groups_weights,
        **sometimes(spec),
    }
    held = dict.fromkeys(("val", "baseline"), spec.holds_out)
    parts = {"train": True, "test": spec.sets_apart, **held}
    measured = {**measured_of(spec), **scored_of(spec)}
    for (metric, part), name in columns.OF_METRIC.items():
        # What is always measured has its column of a held-out part, be there one or not.
        always = part == "val" and metric not in spec.metrics
        there[name] = metric in measured and (always or parts[part])
    return [name for name in columns.OPTIONAL if there[name]]


def history_table(plan: Plan, recorded: Sequence[Columns]) -> "pa.Table":
    """Make the table of what was recorded while runs trained, by run and epoch."""
    import pyarrow as pa

    wanted = columns.history_schema(plan.spec.vary, _extras(plan))
    pieces = [_filled(wanted, plan.name, then) for then in recorded]
    order = [("run", "ascending"), ("epoch", "ascending")]
    return pa.concat_tables([wanted.empty_table(), *pieces]).sort_by(order)


def features_beside(plan: Plan, values: Columns) -> "dict[str, pa.Table]":
    """Return the table of what runs do with each column of the data, where it is kept.

    It is by run and column.

    Parameters
    ----------
    plan : Plan
    values : dict of str to ndarray
        As a task finds them, and by `OF_FEATURES` those of shape (runs, columns).
    """
    import pyarrow as pa

    if OF_FEATURES["kept"] not in values:  # also of runs in error
        return {}
    wanted = columns.features_schema(plan.spec.vary, _extras(plan))
    runs, count = len(values["run"]), len(plan.names)
    places = (name for name in columns.coordinates(wanted.names) if name in values)
    place = np.tile(np.arange(count, dtype=np.int32), runs)
    named = pa.DictionaryArray.from_arrays(place, pa.array(plan.names))
    known: Columns = {
        **{name: np.repeat(values[name], count) for name in places},
        "feature": named.cast(pa.string()),
        **{name: values[kept].ravel() for name, kept in OF_FEATURES.items() if kept in values},
    }
    return {"features": _by_run(_filled(wanted, plan.name, known), known["run"])}


def _filled(wanted: "pa.Schema", data: str, values: Columns) -> "pa.Table":
    """Make a table of a schema; what is not known is null."""
    import pyarrow as pa

    count = len(values["run"])
    known = {"data": pa.repeat(pa.scalar(data), count), **values}
    return pa.table(
        [
            _array(known[field.name]).cast(field.type)
            if field.name in known
            else pa.nulls(count, field.type)
            for field in wanted
        ],
        schema=wanted,
    )


def _array(values: "np.ndarray | pa.Array") -> "pa.Array":
    """Make an array of Arrow; NumPy's texts, which repeat themselves, text by text."""
    import pyarrow as pa

    if isinstance(values, np.ndarray) and values.dtype.kind == "U":
        texts, places = np.unique(values, return_inverse=True)
        return pa.array(texts.tolist(), pa.string()).take(pa.array(places))
    return pa.array(values)
