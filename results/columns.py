"""Every column of the tables: its name, type, unit and meaning, written once.

A table is tidy: one row is one run (or, in the history, one recorded epoch of one run). Names
are plain words, so that they work unquoted in ``DataFrame.query``. Columns whose names depend on
the sweep stand here under a pattern: ``<varied>``, ``sparsity_<weight>``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Container, Iterable
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    import pyarrow as pa

#: What can become of a run, the better first: of two rows of one run, the better one counts.
STATUSES = ("done", "diverged", "error")


#: Which way a column is better, where one way is.
Better = Literal["", "lower", "higher"]


class Column(NamedTuple):
    """One column of a table.

    Attributes
    ----------
    name : str
        The name, or a pattern with ``<varied>`` or ``<weight>`` in it.
    dtype : str
        Arrow's name of the type.
    unit : str
        What is counted or measured; empty for a bare number.
    meaning : str
        One sentence.
    label : str
        How pictures call it, where that is not its name.
    penalty : bool
        Whether it is an axis of the grid along which a penalty varies.
    better : {"lower", "higher", ""}
        Which way a metric is better.
    ratio : bool
        Whether it is told by factors: shown in logarithm where it varies widely.
    lowest, highest : float
        What it can be.
    foot : float
        Where scales and axes end, if it goes on: what is lower is as bad as any.
    shared : bool
        Whether it is measured on rows that other splits share: of the training part, most of
        them, of a test part all.
    """

    name: str
    dtype: str
    unit: str
    meaning: str
    label: str = ""
    penalty: bool = False
    better: Better = ""
    ratio: bool = False
    lowest: float = -math.inf
    highest: float = math.inf
    foot: float = -math.inf
    shared: bool = False


class Metric(NamedTuple):
    """What is measured over each part of the data, and has a column for each.

    Attributes
    ----------
    name : str
        The columns are ``train_<name>`` and ``val_<name>``.
    unit, meaning, better, ratio, lowest, highest, foot
        As those of a `Column`; the meaning without its full stop.
    """

    name: str
    unit: str
    meaning: str
    better: Better
    ratio: bool = False
    lowest: float = -math.inf
    highest: float = math.inf
    foot: float = -math.inf


#: Parts of the data, and how they are called.
PARTS = {"train": "training part", "val": "held-out part"}

#: What is always measured: the loss first, then what there is of classes, and of numbers.
MEASURED = (
    Metric("loss", "", "Loss without penalties", "lower", ratio=True, lowest=0),
    Metric(
        *("accuracy", "share", "Rows of which the class, or every answer, is right", "higher"),
        lowest=0,
        highest=1,
    ),
    Metric(
        *("rmse", "", "Root of the mean squared error, in the unit of the target", "lower"),
        ratio=True,
        lowest=0,
    ),
    Metric("r2", "", "Share of the variance that is explained", "higher", highest=1, foot=-1),
)

#: Which of it all, and of what follows, is of numbers alone.
OF_NUMBERS = ("rmse", "r2", "mae", "deviance")

#: What is measured where it is asked for (with metrics).
FURTHER = (
    Metric(
        "balanced_accuracy", "share", "Mean recall of the classes", "higher", lowest=0, highest=1
    ),
    Metric("auc", "", "Area under the ROC curve", "higher", lowest=0, highest=1),
    Metric("f1", "", "Mean of precision and recall", "higher", lowest=0, highest=1),
    Metric("brier", "", "Squared error of the probabilities", "lower", lowest=0, highest=2),
    Metric("log_loss", "", "Cross-entropy of the probabilities", "lower", ratio=True, lowest=0),
    Metric(
        "mae", "", "Mean absolute error, in the unit of the target", "lower", ratio=True, lowest=0
    ),
    Metric("deviance", "", "Mean Poisson deviance", "lower", ratio=True, lowest=0),
)


def _loss(name: str, meaning: str) -> Column:
    return Column(
        *(name, "float64", "", meaning), better="lower", ratio=True, lowest=0, shared=True
    )


def _count(name: str, unit: str, meaning: str) -> Column:
    return Column(name, "int64", unit, meaning, lowest=0)


_RUN = Column("run", "int64", "", "Number of the run: its place in the grid, from 0.")
_DATA = Column("data", "string", "", "Name of the data set.")
_PLACE = (
    Column("seed", "int64", "", "Seed of the weights, the split and the order of the batches."),
    Column("outer", "int32", "", "The outer fold that is the test part (with outer folds)."),
    Column("fold", "int32", "", "The fold held out, from 0; 0 where there are no folds."),
    Column(
        *("hidden", "string", ""),
        "Widths of the hidden layers, such as `32,16`, or `none` (with several).",
        label="hidden layers",
    ),
    Column(
        *("activation", "string", ""),
        "What hidden units give (with several); `identity` without hidden layers.",
    ),
    Column("init", "string", "", "How initial weights are drawn (with several)."),
    Column("optimizer", "string", "", "How parameters move (with several)."),
    Column("l1_method", "string", "", "How the L1 penalty acts (with several)."),
    Column(
        *("l21_on", "string", ""),
        "What a group of weights is: `inputs` or `units` (with several); `inputs` without hidden "
        "layers, and where L1 acts by subgradient.",
    ),
    Column(
        *("batch_size", "int64", "row", "Rows of a step, 0 for all (with several)."),
        label="batch size",
    ),
    Column("schedule", "string", "", "What the learning rate does (with several)."),
    Column("warmup", "int64", "epoch", "Epochs in which the learning rate rises (with several)."),
    Column(
        *("patience", "int64", "epoch"),
        "Epochs without a better `val_loss` that stop a run, 0 where none do (with several).",
    ),
    Column("tol", "string", "", "What a loss must fall by, or `off` (with several)."),
    Column(
        *("leak", "float64", ""),
        "Slope of `leaky_relu` below zero (with several); 0 of other activations.",
    ),
    Column(
        *("l1", "float64", "", "L1 penalty, on the parameters that it is placed on."),
        label="L1 penalty",
        penalty=True,
    ),
    Column(
        *("l2", "float64", "", "L2 penalty, on the parameters that it is placed on."),
        label="L2 penalty",
        penalty=True,
    ),
    Column(
        *("l21", "float64", ""),
        "Penalty on groups of weights (where it is not 0 throughout); 0 where L1 acts by "
        "subgradient.",
        label="group penalty (l21)",
        penalty=True,
    ),
    Column("lr", "float64", "", "Learning rate.", label="learning rate"),
    Column("momentum", "float64", "", "Momentum, or the first beta of Adam; 0 with `rmsprop`."),
    Column(
        *("beta2", "float64", ""),
        "Second beta of Adam, or alpha of `rmsprop` (with several); 0 of other optimizers.",
        label="second beta",
    ),
    Column(
        *("epsilon", "float64", ""),
        "Epsilon of Adam and `rmsprop` (with several); 0 of other optimizers.",
    ),
    Column(
        *("dropout", "float64", "share"),
        "Hidden units dropped in training (with several); 0 without hidden layers.",
    ),
    Column(
        *("<varied>", "float64", "", "A further axis: that penalty on that parameter alone."),
        penalty=True,
    ),
    Column(
        *("path", "string", "", "`up`, `down` or `cold`: the order of the path (with path)."),
        label="order of the path",
    ),
)


def _over(part: str, called: str, metric: Metric) -> Column:
    return Column(
        *(f"{part}_{metric.name}", "float64", metric.unit, f"{metric.meaning}, {called}."),
        better=metric.better,
        ratio=metric.ratio,
        lowest=metric.lowest,
        highest=metric.highest,
        foot=metric.foot,
        shared=part != "val",
    )


def _guessed(metric: Metric) -> Column:
    """Return the column of what is reached without a look at the inputs."""
    return Column(
        *(f"baseline_{metric.name}", "float64", metric.unit),
        f"{metric.meaning}, held-out part, by class shares or the best constant alone.",
        ratio=metric.ratio,
        lowest=metric.lowest,
        highest=metric.highest,
    )


def _over_parts(metrics: Iterable[Metric]) -> tuple[Column, ...]:
    return tuple(
        _over(part, called, metric) for metric in metrics for part, called in PARTS.items()
    )


def _over_test(metrics: Iterable[Metric]) -> tuple[Column, ...]:
    return tuple(_over("test", "test part (with one)", metric) for metric in metrics)


_MEASURED, _FURTHER = _over_parts(MEASURED), _over_parts(FURTHER)
_TEST, _FURTHER_TEST = _over_test(MEASURED), _over_test(FURTHER)
#: What is reached without a look at the inputs.
BASELINE = tuple(map(_guessed, MEASURED))
_FURTHER_BASELINE = tuple(map(_guessed, FURTHER))
_ROWS = (
    _count("train_rows", "row", "Rows of the training part (with a held-out part)."),
    _count("val_rows", "row", "Rows of the held-out part."),
)
_VAL_FROM = Column(
    *("val_from", "string", ""), "Where in time the held-out part begins (with order)."
)
_TEST_ROWS = _count("test_rows", "row", "Rows of the test part (with one).")
_TEST_SIZE = Column(
    *("test_size", "float64", "row"),
    "Rows of one weight and no group that the test part is worth (with weight or groups).",
    lowest=0,
)
_SPARSITY = Column(
    *("sparsity", "float64", "share", "Weights, biases aside, that count as zero."),
    better="higher",
    lowest=0,
    highest=1,
)

#: The table of runs, in the order of its columns.
RUNS = (
    _RUN,
    _DATA,
    *_PLACE,
    Column("status", "string", "", "`done`, `diverged` or `error`."),
    _count("epochs", "epoch", "Epochs trained."),
    *_ROWS,
    _VAL_FROM,
    _TEST_ROWS,
    _TEST_SIZE,
    _loss("initial_loss", "Loss with penalties before training."),
    _loss("final_loss", "Loss with penalties after training."),
    *_MEASURED,
    *_FURTHER,
    *_TEST,
    *_FURTHER_TEST,
    *BASELINE,
    *_FURTHER_BASELINE,
    Column("l1_penalty", "float64", "", "Sum of the L1 terms after training.", lowest=0),
    Column("l2_penalty", "float64", "", "Sum of the L2 terms after training.", lowest=0),
    Column(
        *("l21_penalty", "float64", "", "Sum of the terms of groups after training (with l21)."),
        lowest=0,
    ),
    _SPARSITY,
    _SPARSITY._replace(
        name="sparsity_<weight>", meaning="The same in one weight matrix.", better=""
    ),
    _count("nonzero", "weight", "Weights, biases aside, that are not zero."),
    _count("effective", "weight", "Of those, on a path from an input to an output."),
    _count("dead_units", "unit", "Hidden units at 0 on the whole training part."),
    _count("unused_inputs", "input", "Inputs whose first-layer weights all count as zero."),
    _count("best_epoch", "epoch", "Epoch of the best `val_loss` (with patience)."),
    Column("rung", "int64", "", "Last rung of halving that the run reached, from 0."),
    Column("seconds", "float64", "s", "The run's share of the time of its task.", lowest=0),
)

#: Columns that tell of the held-out part, and are there where there is one.
HELD_OUT = tuple(column.name for column in (*_ROWS, BASELINE[0]))

#: What is measured on the test part, where there is one: shown, and never ranked by.
TEST = tuple(column.name for column in _TEST)

#: Columns of what is measured beside the loss, by its name and the part of the data.
OF_METRIC = {
    (metric.name, part): f"{part}_{metric.name}"
    for metric in (*MEASURED[1:], *FURTHER)
    for part in (*PARTS, "test", "baseline")
}

#: Axes that are columns where they have several values.
SOMETIMES: tuple[str, ...] = (
    *("hidden", "activation", "init", "optimizer", "l1_method", "l21_on", "batch_size"),
    *("schedule", "warmup", "patience", "tol"),
    *("leak", "l21", "beta2", "epsilon", "dropout"),
)

#: Columns that only some sweeps have.
OPTIONAL = (
    *SOMETIMES,
    *("outer", "path", *HELD_OUT, _VAL_FROM.name),
    *(_TEST_ROWS.name, _TEST_SIZE.name, TEST[0], "best_epoch", "rung", "l21_penalty"),
    *OF_METRIC.values(),
)

#: The same of what is measured where it is asked for.
FURTHER_TEST = tuple(column.name for column in _FURTHER_TEST)

#: Columns that came when there were results directories without them.
LATER = (*HELD_OUT, "baseline_accuracy")

#: Where a run stands, aside from its cell: what is repeated to see luck.
REPEATED = ("seed", "outer", "fold")

#: The table of the history, in the order of its columns.
HISTORY = (
    _RUN,
    *_PLACE,
    Column("epoch", "int64", "epoch", "Epochs trained when the row was recorded."),
    _loss("loss", "Loss with penalties, training part."),
    *_MEASURED,
    *_FURTHER,
    _SPARSITY,
)

#: The table of the columns of the data, by run, in the order of its columns.
FEATURES = (
    _RUN,
    *_PLACE,
    Column("feature", "string", "", "Column of the data; its one-hot inputs are one."),
    Column("kept", "bool", "", "Whether a weight that is not zero leads from it to an output."),
    Column("weight", "float64", "", "Root of the sum of squares of all weights that leave it."),
    Column("importance", "float64", "", "Rise of `val_loss` where its values are shuffled."),
)

#: Names of further axes.
_VARIED = r"l[12]_[wb]\d+"

#: What follows the place of a row, in each of the tables.
_AFTER_PLACE = ("status", "epoch", "feature")

_BY_NAME = {column.name: column for column in (*HISTORY, *RUNS)}

#: Losses by which cells are ranked; the first one that has values decides.
RANKED = ("val_loss", "final_loss")

#: What learning curves show.
LOSSES = tuple(f"{part}_loss" for part in PARTS)


def curves_of(metric: str) -> tuple[str, ...]:
    """Return what learning curves show beside the metric that decides: it, on each part."""
    if metric in RANKED:
        return LOSSES
    return tuple(f"{part}_{metric.removeprefix('val_')}" for part in PARTS)


#: What a summary tells of each cell, as far as it is there, unless other metrics are asked for.
SUMMARY = ("final_loss", *(f"val_{metric.name}" for metric in MEASURED), "sparsity")


def summarised(names: Container[str]) -> tuple[str, ...]:
    """Return those of `SUMMARY` that are among the columns of a table of runs."""
    return tuple(name for name in SUMMARY if name in names)


def column(name: str) -> Column | None:
    """Return what is known of a column, or of a difference such as ``val_loss_from_none``."""
    name = name.partition("_from_")[0]
    if re.fullmatch(_VARIED, name):
        return _BY_NAME["<varied>"]
    return _BY_NAME.get(re.sub(r"_w\d+$", "_<weight>", name))


def is_penalty(name: str) -> bool:
    """Tell whether an axis of the grid is one along which a penalty varies."""
    found = column(name)
    return found is not None and found.penalty


def is_varied(name: str) -> bool:
    """Tell whether an axis is a further one: a penalty on one parameter alone."""
    return re.fullmatch(_VARIED, name) is not None


def is_axis(name: str) -> bool:
    """Tell whether a column is an axis of the grid."""
    return name in {column.name for column in _PLACE} or is_varied(name)


def is_ratio(metric: str) -> bool:
    """Tell whether a metric is told by factors."""
    found = column(metric)
    return found is not None and found.ratio


def foot_of(metric: str) -> float:
    """Return where scales and axes of a metric, or of a difference of it, end if it goes on."""
    found = column(metric)
    return -math.inf if found is None else found.foot


def is_better_high(metric: str) -> bool:
    """Tell whether more of a metric is better."""
    found = column(metric)
    return found is not None and found.better == "higher"


def full_name(metric: str) -> str:
    """Return the column that a metric's name stands for: that of the held-out part, if it has one.

    ``auc`` is short for ``val_auc``.
    """
    return f"val_{metric}" if f"val_{metric}" in _BY_NAME else metric


def is_of_held_out(metric: str) -> bool:
    """Tell whether a column is a metric of the held-out part: only such a one can be asked to rank.

    On the training part a network may have learnt by heart, and a test part is for no choice.
    """
    return metric.startswith("val_") and metric in _BY_NAME and bool(_BY_NAME[metric].better)


def is_on_shared_rows(metric: str) -> bool:
    """Tell whether a metric, or a difference of it, is measured on rows that splits share."""
    found = column(metric)
    return found is not None and found.shared


def possible(metric: str) -> tuple[float, float]:
    """Return the lowest and the highest that a metric, or a difference of it, can be."""
    found = column(metric)
    if found is None:
        return -math.inf, math.inf
    if "_from_" in metric:
        return found.lowest - found.highest, found.highest - found.lowest
    return found.lowest, found.highest


def baseline_of(metric: str) -> str:
    """Name the column with what is reached without a look at the inputs: of `val_` metrics."""
    part, _, name = metric.partition("_")
    return f"baseline_{name}" if part == "val" else ""


def schema(weights: Iterable[str], varied: Iterable[str], extras: Iterable[str] = ()) -> pa.Schema:
    """Make the schema of the table of runs.

    Parameters
    ----------
    weights : iterable of str
        Names of the weight matrices, from the input on: ``w1``, ``w2``, ...
    varied : iterable of str
        Names of the further axes, in the order of the grid.
    extras : iterable of str
        Which of `OPTIONAL` the sweep has.
    """
    return _arrow(RUNS, tuple(weights), tuple(varied), extras)


def history_schema(varied: Iterable[str], extras: Iterable[str] = ()) -> pa.Schema:
    """Make the schema of the table of the history; `varied` and `extras` as in `schema`."""
    return _arrow(HISTORY, (), tuple(varied), extras)


def features_schema(varied: Iterable[str], extras: Iterable[str] = ()) -> pa.Schema:
    """Make the schema of the table of features; `varied` and `extras` as in `schema`."""
    return _arrow(FEATURES, (), tuple(varied), extras)


def are_of_runs(found: pa.Schema) -> bool:
    """Tell whether columns are those of some table of runs, in their order and of their types."""
    return _are_of(RUNS, found)


def are_of_history(found: pa.Schema) -> bool:
    """Tell the same of a table of the history."""
    return _are_of(HISTORY, found)


def are_of_features(found: pa.Schema) -> bool:
    """Tell the same of a table of features."""
    return _are_of(FEATURES, found)


def completed(table: pa.Table, wanted: pa.Schema) -> pa.Table:
    """Return the rows of an earlier version with the columns of a schema that it had not: null."""
    import pyarrow as pa

    for place, field in enumerate(wanted):
        if field.name in LATER and field.name not in table.column_names:
            nothing = pa.nulls(len(table), field.type)
            table = table.add_column(min(place, table.num_columns), field, nothing)
    return table


def coordinates(names: list[str]) -> list[str]:
    """Those of a table's column names that place a row in the grid, ``run`` and ``data`` first."""
    return names[: next(i for i, name in enumerate(names) if name in _AFTER_PLACE)]


def _are_of(columns: tuple[Column, ...], found: pa.Schema) -> bool:
    names = found.names
    weights = (re.fullmatch(r"sparsity_(w\d+)", name) for name in names)
    varied = tuple(name for name in names if re.fullmatch(_VARIED, name))
    there = set(OPTIONAL).intersection(names)
    wanted = _arrow(columns, tuple(one[1] for one in weights if one), varied, there)
    kinds = [_kind(field.type) for field in found] == [_kind(field.type) for field in wanted]
    return len(set(names)) == len(names) and names == wanted.names and kinds


def _kind(dtype: pa.DataType) -> str:
    """Name a type as far as it matters to who reads it: texts, numbers, others."""
    name = str(dtype).removeprefix("large_")
    return "number" if re.fullmatch(r"u?int\d+|float|double", name) else name


def _arrow(
    columns: Iterable[Column],
    weights: tuple[str, ...],
    varied: tuple[str, ...],
    extras: Iterable[str],
) -> pa.Schema:
    """Fill in the patterns and make an Arrow schema."""
    import pyarrow as pa

    left_out = set(OPTIONAL) - set(extras)
    fields = []
    for column in columns:
        if column.name in left_out:
            continue
        dtype = pa.type_for_alias(column.dtype)
        if "<varied>" in column.name:
            fields += [(name, dtype) for name in varied]
        elif "<weight>" in column.name:
            fields += [(column.name.replace("<weight>", name), dtype) for name in weights]
        else:
            fields.append((column.name, dtype))
    return pa.schema(fields)
