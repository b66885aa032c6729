"""Runs of numbers and answers as `sweep info --method` tells them, see `tests.method`."""

import mpmath
import numpy as np

from tests.method import Run, exp, log, logistic, metrics, running
from tests.rounding import normal


def unit(loss, y, w):
    """Return c and s of the training part's y [row, output]."""
    p = w / running(w)
    total = np.array([running(p * of) for of in y.T])
    if loss == "poisson":
        return 0 * total, np.where(total > 0, total, 1)
    a = y - y[0]
    shift = np.array([running(p * of) for of in a.T])
    a = a - shift
    peak = abs(a).max(axis=0)
    constant = peak <= 8 * 2.0**-52 * abs(y).max(axis=0)
    peak = np.where(constant, 1, peak)
    s = peak * np.sqrt([running(p * of) for of in ((a / peak) ** 2).T])
    return y[0] + shift, np.where(constant, 1, s)


def slope(loss, z, t):
    if loss in ("poisson", "logistic"):
        return (exp(z) if loss == "poisson" else logistic(z)) - t
    r = z - t
    return {"squared": r + r, "absolute": np.sign(r), "huber": np.clip(r + r, -2, 2)}[loss]


def cost(loss, z, t):
    one = z.dtype.type(1)
    if loss == "poisson":
        least = np.where(t > 0, normal(t * log(np.where(t > 0, t, one))) - t, 0 * t)
        return np.maximum(exp(z) - normal(t * z) + least, 0)
    if loss == "logistic":
        return log(one + exp(-abs(z))) + (np.maximum(z, 0) - normal(t * z))
    r = abs(z - t)
    if loss == "absolute":
        return r
    return np.where((r > 1) & (loss == "huber"), r + r - one, normal(r * r))


def constant(loss, t, v):
    """Return the best q of one output."""
    if loss in ("squared", "poisson"):
        return running(v * t) / running(v)
    if loss == "absolute":
        levels = np.unique(t)
        up_to = np.cumsum([running(v[t == level]) for level in levels])
        half = up_to[-1] / 2
        return (levels[up_to >= half][0] + levels[up_to > half][0]) / 2
    ends = np.unique([t - 1, t + 1])
    pulls = np.array([running(v * np.clip(q - t, -1, 1)) for q in ends])
    i = np.flatnonzero(pulls < 0)[-1]
    low, high = ends[i], ends[i + 1]
    within = (t - 1 <= low) & (t + 1 >= high)
    if not within.any():
        return (low + high) / 2
    h = np.where(within, t, np.where(t - 1 >= high, 1.0, -1.0))
    return running(v * h) / running(np.where(within, v, 0))


def of_numbers(names, f, y, v):
    """Return metrics by name of what is said, f, and what is true, y, both [row, output]."""
    found = {name: [] for name in ("rmse", "r2", "mae", "deviance")}

    def mean(values):
        return running(v * values) / running(v)

    for said, true in zip(f.T, y.T, strict=True):
        squares, away = mean((said - true) ** 2), mean((true - mean(true)) ** 2)
        found["rmse"].append(np.sqrt(squares))
        found["r2"].append(1 - squares / away)
        found["mae"].append(mean(abs(said - true)))
        if (true >= 0).all() and (said > 0).all():
            logs = np.where(true > 0, log(np.where(true > 0, true / said, 1)), 0)
            found["deviance"].append(mean(2 * (true * logs - true + said)))
    return {name: running(found[name]) / f.shape[1] for name in names}


class RunOfTargets(Run):
    """A run whose y is [row, output], numbers or answers."""

    def __init__(self, x, y, parts, parameters, *, loss, kind=np.float64, **options):
        train, w = parts[0], options.get("weight", np.ones(len(y)))
        self.loss, self.unit = loss, unit(loss, y[train], w[train])
        self.exact = y if loss == "logistic" else (y - self.unit[0]) / self.unit[1]
        self.t = self.exact.astype(kind)
        super().__init__(x, y, parts, parameters, kind=kind, **options)

    def slopes(self, z, rows):
        v = self.v[rows, None]
        mass = running(v) * self.kind(z.shape[1])
        return normal(slope(self.loss, z, self.t[rows]) * (v / mass))

    def evaluated(self, rows):
        a = self.forward(self.result, self.x[rows])
        z, t = a[-1], self.t[rows]
        costs = np.cumsum(cost(self.loss, z, t), axis=1)[:, -1] / self.kind(z.shape[1])
        loss, others = self.mean_loss(costs, rows), {}
        if self.loss == "logistic":
            others["accuracy"] = self.share(((z > 0) == t).all(axis=1), rows)
        return loss, others, a

    def scored(self, part, rows):
        z, names = self.forward(self.result, self.x[rows])[-1], self.options.get("metrics", ())
        if self.loss == "logistic":
            found = self.of_answers(names, logistic(z).astype(np.float64), rows)
        else:
            said = (exp(z) if self.loss == "poisson" else z).astype(np.float64)
            found = self.of_said(said, rows)
        return {f"{part}_{name}": value for name, value in found.items()}

    def of_said(self, said, rows):
        names = ("rmse", "r2", *self.options.get("metrics", ()))
        f = said * self.unit[1] + self.unit[0]
        return of_numbers(names, f, self.y[rows], self.weight[rows])

    def of_answers(self, names, yes, rows):
        least = float(np.finfo(self.kind).eps)
        found = []
        for p, y in zip(yes.T, self.y[rows].T.astype(int), strict=True):
            pair = np.stack([1 - p, p], axis=1)
            named = (p > 0.5).astype(int)
            found.append(metrics(names, pair, named, y, self.weight[rows], least))
        return {name: running([one[name] for one in found]) / len(found) for name in names}

    def without_inputs(self):
        """Return the rows of both parts, and what the best constant reaches."""
        told = {"train_rows": len(self.train), "val_rows": len(self.val)}
        v, held = self.weight[self.train], self.weight[self.val]
        t, after = self.exact[self.train], self.exact[self.val]
        outputs = t.shape[1]
        if self.loss == "logistic":
            shares, losses, right = [], [], np.ones(len(after), bool)
            for of, then in zip(t.T, after.T, strict=True):
                n, h = ([running(np.where(y == c, w, 0)) for c in (0, 1)]
                        for y, w in ((of, v), (then, held)))  # fmt: skip
                with mpmath.workdps(60):
                    total = mpmath.log(mpmath.fsum(n))
                    terms = [m * (total - mpmath.log(k)) for k, m in zip(n, h, strict=True) if m]
                    losses.append(float(mpmath.fsum(terms) / mpmath.fsum(h)))
                shares.append(n[1] / running(n))
                right &= then == (n[1] > n[0])
            told |= {"baseline_loss": running(losses) / outputs,
                     "baseline_accuracy": running(held * right) / running(held)}  # fmt: skip
            names = self.options.get("metrics", ())
            found = self.of_answers(names, np.tile(shares, (len(after), 1)), self.val)
            return told | {f"baseline_{name}": value for name, value in found.items()}
        q = np.array([constant(self.loss, of, v) for of in t.T])
        if self.loss == "poisson":
            logs = np.where(after > 0, log(np.where(after > 0, after / q, 1)), 0)
            costs = after * logs - after + q
        else:
            costs = cost(self.loss, np.tile(q, (len(after), 1)), after)
        told["baseline_loss"] = running(held * (np.cumsum(costs, axis=1)[:, -1] / outputs))
        told["baseline_loss"] /= running(held)
        found = self.of_said(np.tile(q, (len(after), 1)), self.val)
        return told | {f"baseline_{name}": value for name, value in found.items()}
