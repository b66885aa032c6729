"""Sweep: a specification, and running it."""

import os
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from results.labels import counted, place
from sweep.specification.spec import Specification
from sweep.specification.values import Range

if TYPE_CHECKING:
    import pandas as pd


#: Values of an axis that are named one by one.
_SHOWN = 8


class Sweep(Specification):
    """The specification of a sweep: a grid of runs, each of which trains one network.

    A Sweep is frozen, and compares and hashes by its `specification`. Where VALUES are taken,
    a text such as ``0,1e-4:1e-1:log7``, a number, a list or an array will do. Of `hidden`,
    `activation`, `leak`, `init`, `optimizer`, `l1_method`, `l21_on`, `batch_size`, `schedule`,
    `warmup`, `patience` and `tol` there may be several, in a list or a text such as ``relu,tanh``:
    each is then an axis of the grid.

    Parameters
    ----------
    data : str, path, (X, y) or DataFrame, default "article"
        ``article``, ``iris``, ``wine``, ``breast_cancer``, ``digits``; a CSV or Parquet file.
    target : str or sequence of str, optional
        What is predicted: a column of a file or DataFrame, the last one unless given; or several,
        also as a text such as ``a,b``, that are all numbers or all yes or no.
    task : {"auto", "classes", "numbers"}
        What the target is taken for. With "auto" texts, truth values, categories and up to 20
        different whole numbers are classes, other numbers are numbers. A built-in set has classes.
    loss : str, optional
        ``cross_entropy`` of classes; ``squared``, ``absolute``, ``huber`` or ``poisson`` of
        numbers; ``logistic`` of columns of yes and no. By the task unless given.
    weight : str, optional
        A column of what each row counts in the loss and in all that is measured, from 0 up.
    class_weight : {"none", "balanced"}, default "none"
        With "balanced" classes count alike in the loss, by the training part of each run.
    groups : str, optional
        A column whose rows of one value never stand on both sides of a split.
    order : str, optional
        A column of time, numbers or dates: later rows are held out, and folds go forward.
    columns, drop : str or sequence of str
        Columns that are used as features, all but the target unless given, and that are left out:
        names, or a text such as ``a,b,"c, d"``.
    categories : str or sequence of str
        Columns whose numbers are categories; also the target, each of whose numbers is then a
        class.
    most_levels : int, default 50
        A text with more levels is refused. 0 takes columns as the first version did, which had
        100, or half as many as rows, for texts and classes, and refused no dates.
    missing : {"error", "drop", "impute"}
        What becomes of missing cells: refused; their rows are left out; or a number becomes the
        median of the training part and a text a level of its own, and a further feature tells
        where. A row without a class is left out unless it is refused.
    missing_values : str or sequence of str
        Further spellings of a missing cell, such as ``?,-999``.
    hidden : str or sequence of int
        Widths of the hidden layers; ``none`` for a linear model. 3,5 for article, else 32,16.
        Several networks are ``32,16/8/none``, or a list of such texts or of lists of widths.
    activation : str, default "relu"
        What hidden units give: ``relu``, ``leaky_relu``, ``tanh``, ``logistic``, ``elu`` (e**z - 1
        below zero) or ``identity``.
    leak : float, default 0.01
        Slope of ``leaky_relu`` below zero, from 0 to 1.
    l1, l2 : VALUES, default "0,1e-4:1e-1:log7"
        Penalties: axes of the grid. For l1 also "auto:logN": N numbers up to the one that is
        known to empty the network, see `sweep.plan.automatic`.
    l21 : VALUES, default 0
        Penalty on groups of weights, ``l21 sqrt(size) ||group||`` each, which empties whole ones;
        beside l1 the sparse group lasso. "auto:logN" with ``hidden`` "none" alone.
    l21_on : {"inputs", "units"}, default "inputs"
        The groups: all weights that leave one column of the table, or all that enter one hidden
        unit, with its bias.
    l1_on, l2_on : str or sequence of str
        Where each penalty acts: names ``w1, b1, …``, ``weights``, ``biases``, ``all``, ``none``.
        For article ``w2,b2,w3,b3`` and ``w1,b1,w3,b3``, else ``weights``.
    vary : dict of name to VALUES
        Further axes; ``l1_w1`` replaces the L1 penalty on w1.
    l1_method : {"proximal", "subgradient"}
        A step that gives exact zeros, or the document's; "subgradient" for article.
    seeds : VALUES, default "42:62"
        One run per seed and cell.
    folds : int, default 0
        K of a stratified K-fold cross-validation; 0 is one stratified hold-out split.
    val_fraction : float
        Share held out where `folds` is 0. 0 for article, else 0.2.
    test : float or path, optional
        Rows that no choice ever sees, the same for every run: a share of them, or another file
        with the same columns. They are measured at the end, as ``test_loss`` and so on.
    outer_folds : int, default 0
        K of a nested cross-validation: each of K stratified folds of the rows, the same for every
        seed, is once the test part, and all else happens in the rest.
    epochs : int
        1000 for article, else 100.
    batch_size : int or "full"
        1 for article, else 32; "full" is kept as 0.
    lr : VALUES, default 0.01
        Learning rates: an axis of the grid.
    optimizer : {"nesterov", "momentum", "adam", "adamw", "rmsprop"}
        How parameters move; "momentum" is the heavy ball, and "adamw" is Adam with the L2 penalty
        beside its step.
    momentum : VALUES, default 0.9
        Of "nesterov" and "momentum"; the first beta of "adam" and "adamw": an axis.
    beta2, epsilon : VALUES, default 0.999 and 1e-8
        The second beta of "adam" and "adamw", which is alpha of "rmsprop", and what each adds to
        its root: axes, and columns where they have several values.
    schedule : str, default "constant"
        What the learning rate does: "constant", "cosine", "exponential:RATE",
        "step:EPOCHS:RATE", "invscaling:POWER" or "adaptive", see `sweep.specification.schedule`.
    warmup : int, default 0
        Epochs in which the learning rate rises to `lr`, before that.
    dropout : VALUES, default 0
        Share of the hidden units that is dropped in each step of training, except in `finish`: an
        axis of the grid, and a column where it has several values.
    init : {"uniform", "he"}
        "uniform" for article, else "he".
    precision : {"float64", "float32"}
        What the arithmetic is done in.
    zero_tol : float or "auto", default "auto"
        A weight up to this size counts as zero. "auto" is 0 where `l1_method` is "proximal", else
        1e-3, and ``2 * lr * l1`` of the run where that is more: so far a subgradient swings. With
        "adam", "adamw" and "rmsprop" that is ``2 * lr`` where there is an L1 penalty.
    history : int, default 0
        Write metrics every so many epochs; 0 writes none.
    subsample : float, optional
        0.5: each run trains on a half of the rows, drawn without replacement, of seeds 2 k and
        2 k + 1 either one of the same two; all others are held out.
    features : {"keep", "no"}
        Keep, for every run and column of the table, the size of its weights, whether any way leads
        from it to an output, and its importance. "no" for article, else "keep".
    permutations : int, default 1
        How often the held-out values of a column are shuffled for its importance; 0 for none.
    patience : int, optional
        Stop a run after so many epochs without a better validation loss.
    tol : float, optional
        What a loss has to fall by more than. With `patience` the validation loss, to be better.
        Without, a run stops after 10 epochs in which the training loss, with penalties, did not
        fall so below its lowest; it keeps its last weights.
    path : {"l1", "l2", "l21"}, optional
        Follow a warm-started regularisation path along this axis.
    path_order : str or sequence of str, default "up" with `path`
        From the smallest penalty "up", from the largest "down", or "cold": an axis of the grid.
    halving : int, optional
        Successive halving over the cells: the share 1 / halving goes on.
    sample : int, optional
        So many cells, each with all seeds and folds, are drawn from the axes in the place of their
        grid. VALUES may then be ranges without a count: ``1e-5:1e-1:log``, ``0:0.5:lin``, for l1
        also ``auto:log``. The smallest seed draws them.
    sampler : {"sobol", "random", "tpe"}, default "sobol" with `sample`
        A scrambled Sobol' sequence; independent points; or optuna's TPE, which chooses rounds of 16
        cells by the mean ``val_loss``, or ``final_loss``, of all before them.
    """

    def _repr_html_(self) -> str:
        """Show the axes and how many runs they make, in a notebook; no data are opened."""
        from sweep.plan.recorded import gridded
        from sweep.specification.axes import REPEATED, drawn_from

        # Whose numbers are known when the data are.
        automatic = {
            name: of for name in ("l1", "l21") if isinstance(of := getattr(self, name), str)
        }
        spec = self.replace(**dict.fromkeys(automatic, 0)) if automatic else self
        grid = gridded(spec).plan.grid
        repeated = {name: of for name, of in grid.axes.items() if name in REPEATED and len(of) > 1}
        axes = {**drawn_from(spec), **automatic, **repeated}
        runs = f"{counted(grid.cells, 'cell')}, {counted(grid.total, 'run')}"
        if automatic and not self.sample:
            runs = "as many runs as the data call for"
        data = self.data if isinstance(self.data, str) else "data in memory"
        rows = "".join(
            f"<tr><th>{escape(name)}</th><td>{escape(_values(of))}</td></tr>"
            for name, of in axes.items()
        )
        return f"<p>Sweep of {escape(data)}: {runs}</p><table>{rows}</table>"

    def run(
        self,
        *,
        out: str | os.PathLike[str] | None = None,
        jobs: int = -1,
        backend: str = "threading",
        scheduler: str | None = None,
        extend: bool = False,
        join: bool = False,
        retry_failed: bool = False,
        quiet: bool = True,
    ) -> "pd.DataFrame":
        """Run the sweep and return its table, one row a run; see `results.columns`.

        Parameters
        ----------
        out : path, optional
            The results directory; by default everything stays in memory.
        jobs : int, default -1
            joblib's ``n_jobs``: -1 is all cores, of which "cuda" takes up to four a GPU.
        backend : str, default "threading"
            Any joblib backend: ``loky``, ``dask``, ``ray``; or ``cuda``, which trains on GPUs.
        scheduler : str, optional
            Address of a running dask scheduler, for ``dask`` or ``cuda``.
        extend, join, retry_failed : bool
            Whether a directory that holds a part of this grid is enlarged, other processes may
            work in it at the same time, and runs that ended in error are done again.
        quiet : bool, default True
            Show no progress: a bar in a terminal or a notebook, else lines.

        Raises
        ------
        InputError
            If the data or the way to run cannot be used.
        results.errors.ResultsError
            If the results directory cannot be used.
        KeyboardInterrupt
            If it was interrupted; what was finished is kept in ``out``.
        """
        from sweep.running.driver import Where, table_of
        from sweep.running.driver import run as run_sweep

        where = Where(jobs, backend, scheduler, out, extend, join, retry_failed, quiet)
        return table_of(run_sweep(self, where), out)


def _values(of: "str | Range | np.ndarray") -> str:
    """Write some values of an axis, and how many there are, or between what they are drawn."""
    if not isinstance(of, np.ndarray):
        return str(of)
    some = ", ".join(place(value, of.tolist()) for value in of[:_SHOWN].tolist())
    return f"{some}, ... ({len(of):,})" if len(of) > _SHOWN else some
