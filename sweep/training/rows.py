"""The rows of the table that runs become."""

from collections.abc import Sequence
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


class Rows(NamedTuple):
    """What a task gives: one row a run, and its history where one is kept."""

    runs: "pa.Table"
    history: "pa.Table | None"


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
    runs, past = rows
    if past is not None:
        past = past.filter(pc.is_in(past["run"], value_set=wanted))
    return Rows(runs.filter(pc.is_in(runs["run"], value_set=wanted)), past)


def failed_rows(plan: Plan, numbers: np.ndarray) -> Rows:
    """Return the rows of runs that ended in error: their places in the grid, and nothing known."""
    place = {"run": numbers, **plan.grid.coordinates(numbers)}
    return Rows(table(plan, {**place, "status": np.full(len(numbers), "error")}), None)


def table(plan: Plan, values: Columns) -> "pa.Table":
    """Make the table of some runs."""
    found = _filled(schema(plan), plan.name, values)
    return found if (np.diff(values["run"]) > 0).all() else found.sort_by("run")


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
