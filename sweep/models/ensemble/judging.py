"""What predictions are worth: the loss and the metrics of a sweep, of what is said of some rows.

The table has them of networks. Of the mean of several only what it says is known.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kernels.metrics.log_loss import logarithms
from kernels.outputs import Numbers, Outputs, over_outputs, ratio, total
from sweep.data.constant import costs
from sweep.data.fold import Fold
from sweep.specification.choices import LOSSES
from sweep.specification.spec import Specification
from sweep.training.chosen_kernels import measured_of, scored_of

#: What a probability counts as in a logarithm at the least: of what came from a logit, and of its
#: difference from 1, of which less is rounded away.
_LEAST, _LEAST_REST = np.finfo(np.float64).tiny, np.finfo(np.float64).epsneg


class Judge(NamedTuple):
    """Some rows of a fold, and what is true of them.

    Attributes
    ----------
    spec : Specification
        Of a sweep whose task and loss are those of its data.
    fold : Fold
    rows : ndarray of int64
    """

    spec: Specification
    fold: Fold
    rows: NDArray

    def reached(self, metric: str, said: NDArray) -> NDArray:
        """Return what some predictions reach, float64 (some,); NaN where that is not defined.

        Parameters
        ----------
        metric : str
            "loss", or the name of a metric of the sweep.
        said : ndarray of float64, shape (some, rows, outputs)
            Probabilities, or numbers in their own unit, as `sweep.Model.outputs` gives them.
        """
        said = said.swapaxes(1, 2)
        if metric == "loss":
            return self._loss(said)
        if metric == "accuracy":
            return self._accuracy(said)
        score = scored_of(self.spec)[metric].score
        weight = self._of_each(self.fold.weight, said)
        if self._target == "numbers":
            return score(Numbers(said, self._of_each(self.fold.y, said), weight))
        if self._target == "class":
            return score(self._classes(said))
        answers = zip(said.swapaxes(0, 1), self.fold.y[self.rows].T, strict=True)
        each = [score(self._answer(yes, truth, weight)) for yes, truth in answers]
        return over_outputs(np.stack(each, axis=1))

    def figures(self, said: NDArray) -> dict[str, float]:
        """Return all that the sweep measures, of predictions of shape (rows, outputs)."""
        names = ("loss", *measured_of(self.spec), *scored_of(self.spec))
        return {name: float(self.reached(name, said[None])[0]) for name in names}

    @property
    def _target(self) -> str:
        return LOSSES[str(self.spec.loss)].target

    def _loss(self, said: NDArray) -> NDArray:
        weight = self._of_each(self.fold.loss_weight, said)
        if self.fold.unit is not None:
            learnt = (said - self.fold.unit.centre[:, None]) / self.fold.unit.scale[:, None]
            targets = self._of_each(self.fold.targets, said)
            of_each = costs(str(self.spec.loss), learnt, targets)
        elif self._target == "class":
            right = np.take_along_axis(said, self._labels(said)[:, None], axis=1)
            of_each = -logarithms(np.maximum(right, _LEAST))
        else:
            yes = self._of_each(self.fold.y, said) == 1
            right = np.where(yes, np.maximum(said, _LEAST), np.maximum(1 - said, _LEAST_REST))
            of_each = -logarithms(right)
        by_row = of_each.cumsum(axis=1)[:, -1] / of_each.shape[1]
        return ratio(total(weight * by_row), total(weight), np.nan)

    def _accuracy(self, said: NDArray) -> NDArray:
        if self._target == "class":
            right = said.argmax(axis=1) == self._labels(said)
        else:
            right = ((said > 0.5) == self._of_each(self.fold.y, said)).all(axis=1)
        weight = self._of_each(self.fold.weight, said)
        return ratio(total(weight * right), total(weight), np.nan)

    def _classes(self, said: NDArray) -> Outputs:
        weight = self._of_each(self.fold.weight, said)
        return Outputs(said, said.argmax(axis=1), self._labels(said), weight, self._precision)

    def _answer(self, yes: NDArray, truth: NDArray, weight: NDArray) -> Outputs:
        """Return an output as two classes, no and yes."""
        labels = np.broadcast_to(truth.astype(np.int64), yes.shape)
        both = np.stack([1 - yes, yes], axis=1)
        return Outputs(both, (yes > 0.5).astype(np.int64), labels, weight, self._precision)

    @property
    def _precision(self) -> float:
        return float(np.finfo(self.spec.precision).eps)

    def _labels(self, said: NDArray) -> NDArray:
        return self._of_each(self.fold.y, said)

    def _of_each(self, values: NDArray, said: NDArray) -> NDArray:
        """Return values of all samples as those of these rows, by output and row, for each."""
        here = values[self.rows].T
        return np.broadcast_to(here, (len(said), *here.shape))


class Bench(NamedTuple):
    """Judges of several splits, of each one's rows.

    Attributes
    ----------
    judges : list of Judge
    """

    judges: list[Judge]

    def reached(self, metric: str, said: NDArray) -> NDArray:
        """Return the mean over the splits of what `Judge.reached` returns, float64 (some,).

        Splits in which it is not defined are left out; NaN where it is in none.

        Parameters
        ----------
        metric : str
        said : ndarray of float64, shape (some, rows, outputs)
            Of the rows of one split below those of the other.
        """
        ends = np.cumsum([len(judge.rows) for judge in self.judges])[:-1]
        parts = zip(self.judges, np.split(said, ends, axis=1), strict=True)
        each = np.stack([judge.reached(metric, part) for judge, part in parts], axis=1)
        defined = ~np.isnan(each)
        return ratio(total(np.where(defined, each, 0.0)), defined.sum(axis=1), np.nan)
