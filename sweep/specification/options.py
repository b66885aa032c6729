"""The options of `run` and `plan`: what the command line and files call them, and say of them.

What each of the experiment may be is told by the fields of `sweep.specification.spec`.
"""

from typing import Any, NamedTuple

from sweep.specification.choices import SCORES, told

#: Options that describe the experiment: the option, its metavar, its help with its default.
EXPERIMENT = (
    ("data", "NAME|PATH", "article; iris, wine, breast_cancer, digits; a file with a table"),
    ("target", "COLUMN", "what is predicted; several, a,b, if numbers or yes/no [last column]"),
    ("task", "NAME", "auto, classes or numbers: what the target is taken for [auto]"),
    ("loss", "NAME", f"{told('loss')} [by the task]"),
    ("separator", "CHARACTER", "between the cells of a text file, or tab, space [found out]"),
    ("decimal", "CHARACTER", "the decimal point of a text file, or comma [found out]"),
    ("encoding", "NAME", "of a text file, such as utf-8, latin-1 [found out]"),
    ("header", "", "whether the first line of a file holds names [found out]"),
    ("weight", "COLUMN", "what each row counts, a number from 0 up [alike]"),
    ("class-weight", "NAME", "none, or balanced: classes count alike in the loss [none]"),
    ("groups", "COLUMN", "rows of one value of it never stand on both sides of a split"),
    ("order", "COLUMN", "time, as numbers or dates: later rows are held out, folds go forward"),
    ("columns", "LIST", 'the features, if not all the other columns: a,b,"c, d"'),
    ("drop", "LIST", "columns that are left out"),
    ("categories", "LIST", "columns of numbers that are categories, also the target"),
    ("most-levels", "N", "a text with more levels is refused as a feature [50]"),
    ("missing", "HOW", "rows with missing cells: error, drop, or impute [error]"),
    ("missing-values", "LIST", "further spellings of a missing cell, such as ?,-999"),
    (
        "hidden",
        "WIDTHS",
        "such as 32,16; none for a linear model; several, 32,16/8/none [article: 3,5]",
    ),
    ("activation", "NAME", f"{told('activation')}; several are an axis [relu]"),
    ("leak", "X", "slope of leaky_relu below zero [0.01]"),
    ("l1", "VALUES", "L1 penalties [0,1e-4:1e-1:log7]"),
    ("l2", "VALUES", "L2 penalties [0,1e-4:1e-1:log7]"),
    ("l21", "VALUES", "group lasso penalties [0]"),
    ("l1-on", "PLACEMENT", "where L1 acts: w1,b2,..., weights, biases, all [weights]"),
    ("l2-on", "PLACEMENT", "where L2 acts [weights]"),
    (
        *("l21-on", "WHERE"),
        "its groups: inputs, all weights that leave a column of the table; or units, all that "
        "enter a hidden unit, and its bias [inputs]",
    ),
    ("l1-method", "METHOD", f"{told('l1_method')} [proximal; article: subgradient]"),
    (
        *("scale", "KIND"),
        "of features, by the training part: standard, robust, quantile or none [standard]",
    ),
    ("seeds", "VALUES", "one run per seed and cell [42:62]"),
    ("folds", "K", "K-fold cross-validation; 0 is one hold-out split [0]"),
    ("subsample", "F", "0.5: each run trains on a half, seeds 2k and 2k+1 on either of two [off]"),
    ("val-fraction", "F", "share held out [0.2; article: 0]"),
    ("test", "F|FILE", "rows that no choice sees: a share, or another file [off]"),
    ("outer-folds", "K", "nested cross-validation: each of K folds is once the test part [0]"),
    ("epochs", "N", "[100; article: 1000]"),
    ("batch-size", "N", "samples a step, or full; several are an axis [32; article: 1]"),
    ("lr", "VALUES", "learning rates [0.01]"),
    ("optimizer", "NAME", f"{told('optimizer')} [nesterov]"),
    ("momentum", "VALUES", "of nesterov and momentum; the first beta of adam, adamw [0.9]"),
    ("beta2", "VALUES", "the second beta of adam, adamw; alpha of rmsprop [0.999]"),
    ("epsilon", "VALUES", "of adam, adamw and rmsprop, outside of the root [1e-8]"),
    (
        *("schedule", "NAME"),
        "of the learning rate: constant, cosine, exponential:RATE, step:EPOCHS:RATE, "
        "invscaling:POWER, adaptive [constant]",
    ),
    ("warmup", "EPOCHS", "in which the learning rate rises to lr, before the schedule [0]"),
    ("dropout", "VALUES", "share of the hidden units that is dropped while they learn [0]"),
    ("init", "NAME", "initial weights: he or uniform [he; article: uniform]"),
    ("precision", "NAME", "float64 or float32 [float64]"),
    (
        *("zero-tol", "X"),
        "a weight up to this size counts as zero [1e-3, and 2 lr l1 where that is more, of adam, "
        "adamw and rmsprop 2 lr; proximal: 0]",
    ),
    ("metrics", "LIST", f"measured beside what always is: of {', '.join(SCORES)} [none]"),
    ("history", "K", "also record metrics every K epochs [0: never]"),
    (
        *("features", "NAME"),
        "keep what each run does with each column of the table, or no [keep; article: no]",
    ),
    ("permutations", "N", "shuffles of each column, for its importance; 0 for none [1]"),
    ("patience", "N", "stop a run after N epochs without a better val_loss"),
    (
        *("tol", "X"),
        "what val_loss must fall by to be better; without patience: stop a run after 10 epochs in "
        "which its training loss does not fall by more [off]",
    ),
    (
        *("finish", "N"),
        "epochs in full batches at the end [as many as epochs where proximal, with mini-batches; "
        "else 0]",
    ),
    ("path", "AXIS", "l1, l2 or l21: warm starts along that axis"),
    ("path-order", "ORDERS", "of up, down, cold: how the path is followed [up]"),
    ("halving", "ETA", "successive halving over the cells"),
    ("sample", "N", "cells drawn from the axes in the place of their grid [off]"),
    ("sampler", "NAME", "of a sample: sobol, random, or tpe (extra [optuna]) [sobol]"),
)


#: Options that came when there were results directories without them, and what is meant there.
#: They are written only where they say something else, so that digests and files stay as they are.
LATER: dict[str, Any] = {
    **{"activation": "relu", "leak": 0.01},
    **{"optimizer": "nesterov", "beta2": (0.999,), "epsilon": (1e-8,)},
    **{"test": None, "outer_folds": 0},
    **{"task": "classes", "loss": "cross_entropy"},
    "finish": 0,
    **{"separator": None, "decimal": None, "encoding": None, "header": None},
    **{"weight": None, "class_weight": "none", "groups": None, "order": None},
    **{"columns": (), "drop": (), "categories": (), "most_levels": 0},
    **{"missing": "error", "missing_values": ()},
    "scale": "standard",
    "metrics": (),
    "subsample": None,
    **{"features": "no", "permutations": 1},
    **{"schedule": "constant", "warmup": 0, "tol": None},
    "dropout": (0.0,),
    **{"l21": (0.0,), "l21_on": "inputs"},
    **{"sample": None, "sampler": None},
}

#: Those of them that have another default by now.
CHANGED = ("task", "loss", "finish", "most_levels", "features")

#: Options that say how a file is written.
OF_FILES = ("separator", "decimal", "encoding", "header")

#: Options that say what the columns of a table are; a built-in set has none to say it of.
OF_TABLES = ("columns", "drop", "categories", "most_levels", "missing", "missing_values")


class RunOption(NamedTuple):
    """An option that says how to run a sweep, whatever it is; no SPEC.toml may hold it.

    Attributes
    ----------
    kind : type
        Of its values.
    metavar, meaning : str
        What help says; a flag has no metavar.
    goes_on : bool
        Whether the command that goes on with an interrupted sweep repeats it.
    """

    kind: type
    metavar: str
    meaning: str
    goes_on: bool = False


RUN_OPTIONS = {
    "backend": RunOption(
        str, "NAME", "threading, loky, dask, ray or cuda [threading]", goes_on=True
    ),
    "scheduler": RunOption(
        str, "ADDRESS", "of a running dask cluster, for dask or cuda", goes_on=True
    ),
    "jobs": RunOption(
        int, "N", "joblib's n_jobs [-1: all cores; cuda: up to 4 a GPU]", goes_on=True
    ),
    "out": RunOption(str, "DIR", "results directory [runs/<data>-<n>]"),
    "extend": RunOption(bool, "", "add to a directory with a smaller grid"),
    "join": RunOption(bool, "", "share a directory with other processes", goes_on=True),
    "retry_failed": RunOption(bool, "", "do runs again that are in error"),
    "quiet": RunOption(bool, "", "show no progress"),
    "json": RunOption(bool, "", "print one JSON object and nothing else"),
}
