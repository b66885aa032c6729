"""Runs as `sweep info --method` tells them: written from that text alone, in plain NumPy.

Nothing here is imported from the packages.
"""

import itertools
import math
import re
import zlib

import mpmath
import numpy as np

from tests.method_scaling import scaled
from tests.rounding import fma, normal

# --- exp and log ---------------------------------------------------------------------------------


def chain(x, begin, coefficients):
    p = np.full_like(x, begin)
    for c in coefficients:
        p = fma(p, x, x.dtype.type(c))
    return p


#: By precision: the largest argument, 1 / ln 2, minus ln 2 in two parts, the polynomial.
EXP = {
    np.float64: (
        *(800, 1.4426950408889634, -0.6931471805599453, -2.3190468138462996e-17),
        *(2.09147553258932e-09, 2.5105312729622103e-08, 2.755727347871858e-07),
        *(2.755725517000089e-06, 2.480158732567746e-05, 0.0001984126987500228),
        *(0.0013888888888883711, 0.008333333333326084, 0.04166666666666667),
        *(0.1666666666666667, 0.5),
    ),
    np.float32: (
        *(120, 1.4426950216293335, -0.6931471824645996, 1.9046542121259336e-09),
        *(0.000198910798644647, 0.0013933731243014336, 0.00833331048488617),
        *(0.041666463017463684, 0.1666666716337204, 0.5),
    ),
}

#: ln 2 in two parts, the polynomial.
LOG = {
    np.float64: (
        *(0.6931471803691238, 1.9082149292705877e-10),
        *(0.13086907887965027, 0.13268746195596595, 0.15386240708969665, 0.18181795621632782),
        *(0.22222222391887064, 0.2857142857080285, 0.4000000000000088, 0.6666666666666666),
    ),
    np.float32: (
        *(0.693115234375, 3.194618329871446e-05),
        *(0.23330697417259216, 0.2855081260204315, 0.4000012278556824, 0.6666666865348816),
    ),
}


def exp(x):
    most = x.dtype.type(EXP[x.dtype.type][0])
    n, r, _, p = parts(np.minimum(np.maximum(x, -most), most))
    return normal(np.ldexp(x.dtype.type(1) + fma(normal(r * r), p, r), n.astype(int)))


def parts(x):
    """Return n, r, what is left of r, and p."""
    kind = x.dtype.type
    _, inverse, ln2, ln2_low, begin, *coefficients = map(kind, EXP[kind])
    n = np.rint(x * inverse)
    m = fma(n, ln2, x)
    r = fma(n, ln2_low, m)
    return n, r, fma(n, ln2_low, normal(m - r)), chain(r, begin, coefficients)


def reduced(x):
    """Return n and q."""
    n, r, rest, p = parts(x)
    return n, normal(r + fma(normal(r * r), p, rest))


def over(h):
    one = h.dtype.type(1)
    w = one + h
    i = one / w
    s = normal(h * i)
    return fma(fma(-s, (one - w) + h, fma(-s, w, h)), i, s)


def logistic(z):
    return over(exp(np.where(z > 40, z.dtype.type(40), z)))


def tanh(z):
    kind = z.dtype.type
    n, q = reduced(np.minimum(kind(2) * abs(z), kind(40)))
    scale = np.ldexp(kind(1), (n - 1).astype(int))
    return np.copysign(over(fma(scale, q, scale - kind(0.5))), z)


def elu(z):
    kind = z.dtype.type
    n, q = reduced(np.minimum(np.maximum(z, kind(-40)), kind(0)))
    scale = np.ldexp(kind(1), n.astype(int))
    return np.where(z < 0, fma(scale, q, scale - kind(1)), z)


def log(t):
    kind = t.dtype.type
    ln2, ln2_low, begin, *coefficients = map(kind, LOG[kind])
    f, n = np.frexp(t)  # f from 1/2 to below 1
    below = f < np.sqrt(kind(0.5))
    f, n = np.where(below, 2 * f, f) - kind(1), (n - below).astype(kind)
    s = f / (2 + f)
    z = s * s
    h = kind(0.5) * f * f
    low = fma(n, ln2_low, s * (h + chain(z, begin, coefficients) * z))
    return fma(n, ln2, f - (h - low))


def dot(start, a, b):
    """Return the sums from start over k of ``a[..., k] * b[..., k]``, in rising order of k."""
    for k in range(a.shape[-1]):
        start = fma(a[..., k], b[..., k], start)
    return start


def running(terms):
    """Return the sum from 0 of numbers, one by one."""
    return np.cumsum(terms)[-1]


# --- metrics -------------------------------------------------------------------------------------


def metrics(names, p, named, y, v, least):
    """Return metrics by name of ``p [sample, class]``, probabilities; v is what samples count."""
    k, found = p.shape[1], {}
    v = v.astype(np.float64)
    mass = running(v)
    labelled, given, right = (
        np.array([running(np.where(chosen == c, v, 0)) for c in range(k)])
        for chosen in (y, named, np.where(named == y, y, -1))
    )
    there = labelled > 0
    recalls = np.where(there, right / np.where(there, labelled, 1), 0)
    found["balanced_accuracy"] = running(recalls) / there.sum()
    both = given + labelled
    of_each = np.where(both > 0, 2 * right / np.where(both > 0, both, 1), 0)
    found["f1"] = of_each[1] if k == 2 else running(of_each) / (both > 0).sum()
    squares = np.zeros(len(y))
    for c in [1] if k == 2 else range(k):
        squares = squares + (p[:, c] - (y == c)) ** 2
    found["brier"] = running(v * squares) / mass
    q = np.minimum(np.maximum(p[np.arange(len(y)), y], least), 1 - least)
    found["log_loss"] = running(v * -log(q)) / mass
    areas = [area(p[:, c], y == c, v) for c in ([1] if k == 2 else range(k))]
    found["auc"] = running(areas) / len(areas)
    return {name: found[name] for name in names}


def area(p, of_class, v):
    """Return the area under the ROC curve of a class."""
    twice, up, across, before = 0.0, 0.0, 0.0, (0.0, 0.0)
    order = np.argsort(p, kind="stable")
    for place, i in enumerate(order):
        up, across = (up + v[i], across) if of_class[i] else (up, across + v[i])
        if place + 1 == len(order) or p[order[place + 1]] != p[i]:
            twice += (up - before[0]) * (across + before[1])
            before = up, across
    return twice / (2 * up * across) if up and across else math.nan


# --- data ------------------------------------------------------------------------------------


def stream(seed, *names):
    entropy = [seed, *(zlib.crc32(name.encode()) for name in names)]
    return np.random.RandomState(np.random.MT19937(np.random.SeedSequence(entropy)))


def threefry(key, counter):
    a, b = key
    x, y = (a + counter[0]) % 2**32, (b + counter[1]) % 2**32
    k = a, b, a ^ b ^ 0x1BD11BDA
    for t in range(5):
        for r in (17, 29, 16, 24) if t % 2 else (13, 15, 26, 6):
            x = (x + y) % 2**32
            y = (y << r) % 2**32 + (y >> 32 - r) ^ x
        x = (x + k[(t + 1) % 3]) % 2**32
        y = (y + k[(t + 2) % 3] + t + 1) % 2**32
    return x, y


def natural(texts):
    """Return the levels of texts in natural order, none of them a number."""
    return sorted(set(texts), key=lambda t: re.sub("[0-9]+", lambda run: run[0].zfill(20), t))


def table(columns):
    """Return X and y from texts by column, the last of which is the class."""
    *features, labels = columns.values()
    found = []
    for cells in features:
        try:
            found.append([float({"true": 1, "false": 0}.get(cell, cell)) for cell in cells])
        except ValueError:
            found += [[float(cell == level) for cell in cells] for level in natural(cells)]
    return np.array(found).T, np.array(list(map(natural(labels).index, labels)))


def split(y, seed, fold, folds, val_fraction, name="split"):
    order = stream(seed, name).permutation(len(y))
    order = order[np.argsort(y[order], kind="stable")]
    place = np.arange(len(y))
    if folds:
        held = place % folds == fold
    else:
        counts = np.bincount(y)
        quota = counts * val_fraction
        give = np.minimum(np.floor(quota), counts - 1).astype(int)
        missing = math.ceil(len(y) * val_fraction) - give.sum()
        for c in np.argsort(give - quota, kind="stable"):
            if missing and give[c] < counts[c] - 1:
                give[c] += 1
                missing -= 1
        first = np.cumsum(counts) - counts
        held = place - first[y[order]] < give[y[order]]
    return np.sort(order[~held]), np.sort(order[held])


# --- a run -----------------------------------------------------------------------------------


def rate_factor(epoch, options, n):
    """Return what an epoch of n samples multiplies the learning rate by."""
    word, *given = options.get("schedule", "constant").split(":")
    warmup, epochs = options.get("warmup", 0), options["epochs"]
    epoch = min(epoch, max(epochs - 1, 0))
    if epoch < warmup:
        return (epoch + 1) / warmup
    t = epoch - warmup
    if word == "cosine":
        whole = max((int(given[0]) if given else epochs) - warmup, 1)
        y = min(t, whole - t) / whole * 1.5707963267948966
        z, p = y * y, 1 / math.factorial(17)
        for n in range(15, 2, -2):
            p = p * z + (-1) ** (n // 2) / math.factorial(n)
        s = y + y * z * p
        return 1 - s * s if 2 * t <= whole else s * s
    if word in ("constant", "adaptive"):
        return 1.0
    if word == "invscaling":
        with mpmath.workdps(60):
            return float(mpmath.mpf(1 + n * t) ** -mpmath.mpf(float(given[0])))
    exponent = t // int(given[0]) if word == "step" else t
    found, square = 1.0, float(given[-1])
    for bit in reversed(bin(exponent)[2:]):
        found, square = found * square if bit == "1" else found, square * square
    return found


class Run:
    """A run: its data are x, y and the rows of both parts, its parameters a list w1, b1, w2, ...

    Options have the names that `sweep.Sweep` gives them; ``l1`` and ``l2`` are dicts of the
    penalties by parameter.
    """

    def __init__(self, x, y, parts, parameters, *, seed, fold=0, kind=np.float64, **options):
        self.x, self.y, (self.train, self.val) = x.astype(kind), y, parts
        self.kind, self.seed, self.fold, self.options = kind, seed, fold, options
        self.weight = options.get("weight", np.ones(len(y)))
        self.loss_weight = self.weight
        if options.get("class_weight") == "balanced":
            n = np.bincount(y[self.train], self.weight[self.train], y.max() + 1)
            by_class = [running(n) / ((n > 0).sum() * count) if count else 1.0 for count in n]
            self.loss_weight = self.weight * np.array(by_class)[y]
        self.v, self.w = self.loss_weight.astype(kind), self.weight.astype(kind)
        self.names = [f"{letter}{i + 1}" for i in range(len(parameters) // 2) for letter in "wb"]
        self.l1, self.l2 = (
            [kind(options.get(penalty, {}).get(name, 0)) for name in self.names]
            for penalty in ("l1", "l2")
        )
        self.rate, self.momentum = kind(options["lr"]), kind(options["momentum"])
        self.whole_rate, self.slowed = self.rate, 1.0
        self.beta2, self.epsilon = (
            kind(options.get("beta2", 0.999)),
            kind(options.get("epsilon", 1e-8)),
        )
        self.optimizer = options.get("optimizer", "nesterov")
        self.activation = options.get("activation", "relu")
        # ReLU leaks nothing, and the identity all.
        self.leak = kind(options.get("leak", self.activation == "identity"))
        self.proximal = options["l1_method"] == "proximal"
        self.start(parameters)

    def start(self, parameters):
        """Begin at rest with these parameters."""
        self.p = [value.astype(self.kind) for value in parameters]
        self.ahead = self.proximal and self.optimizer == "nesterov"
        self.memory = [value.copy() if self.ahead else 0 * value for value in self.p]
        self.squares = [0 * value for value in self.p]
        self.c1 = self.c2 = self.kind(0)
        self.d = {}

    @property
    def result(self):
        return self.memory if self.ahead else self.p

    def forward(self, p, x, m=None):
        found = [x]
        for i in range(0, len(p), 2):
            passed = found[-1] if m is None or not i else found[-1] * m[i // 2 - 1]
            z = dot(np.broadcast_to(p[i + 1], (len(x), len(p[i]))), passed[:, None], p[i])
            if i + 2 < len(p):
                z = self.activate(z)
            found.append(z)
        return found

    def activate(self, z):
        """Return what hidden units give."""
        if self.activation in ("tanh", "logistic", "elu"):
            return {"tanh": tanh, "logistic": logistic, "elu": elu}[self.activation](z)
        return np.where(z <= 0, normal(self.leak * z), z)

    def back(self, delta, a):
        """Return the gradient by sums from that by what units gave, a."""
        if self.activation == "tanh":
            return normal(delta * fma(-a, a, self.kind(1)))
        if self.activation == "logistic":
            return normal(delta * fma(-a, a, a))
        if self.activation == "elu":
            return np.where(a <= 0, fma(delta, a, delta), delta)
        return np.where(a <= 0, normal(self.leak * delta), delta)

    def factors(self, n, epoch, step):
        """Return m of the hidden layers of n samples; None where nothing is ever dropped."""
        share = self.options.get("dropout", 0)
        if not share or epoch >= self.options["epochs"]:
            return None
        draw = stream(self.seed, "dropout", str(self.fold))
        run = draw.randint(0, 2**32, size=2, dtype=np.uint32).tolist()
        key, first, found = threefry(run, (epoch, step)), self.x.shape[1], []
        for width in map(len, self.p[1:-1:2]):
            pairs = range(first, first + width, 2)
            words = [[w for u in pairs for w in threefry(key, (i, u))][:width] for i in range(n)]
            kept = np.array(words) >= math.floor(share * 2**32)
            found.append(np.where(kept, self.kind(1 / (1 - share)), self.kind(0)))
            first += width
        return found

    def learn(self, rows, m):
        """Take the step of one batch."""
        a = self.forward(self.p, self.x[rows], m)
        delta = self.slopes(a[-1], rows)
        gradient = []
        for i in range(len(self.p) - 2, -1, -2):
            w, below = self.p[i], a[i // 2]
            zero = np.zeros((delta.shape[1], below.shape[1]), self.kind)
            factor = self.kind(1) if m is None or not i else m[i // 2 - 1]
            of_w = dot(zero, delta.T[:, None, :], (below * factor).T[None])
            gradient = [of_w, normal(np.cumsum(delta, axis=0)[-1]), *gradient]
            if i:
                delta = dot(np.zeros_like(below), delta[:, None, :], w.T) * factor
                delta = self.back(delta, below)
        one = self.kind(1)
        self.c1 = fma(self.momentum, self.c1, one - self.momentum)
        self.c2 = fma(self.beta2, self.c2, one - self.beta2)
        before = [*self.p], [*self.memory]
        for i, g in enumerate(gradient):
            self.step(i, g)
        for group in self.options.get("groups", []):
            self.shrink(group, *before)

    def shrink(self, group, p, memory):
        """Shrink a group: pairs of a parameter's number and flat places in it."""
        now, one = self.result, self.kind(1)
        z = np.concatenate([now[i].ravel()[at] for i, at in group])
        r = normal(self.rate * self.factor)
        l21, size = self.kind(self.options["l21"]), self.kind(len(z))
        t = normal(normal(r * l21) * np.sqrt(size))
        n = self.norm(z)
        if self.optimizer in ("nesterov", "momentum"):
            gone, left = n <= t, normal(normal(one - normal(t / n)) * z) if n else z
        else:
            d = np.concatenate([self.d[i].ravel()[at] for i, at in group])
            gone, y = self.norm(normal(d * z)) <= t, self.kind(0)
            with np.errstate(all="ignore"):
                for begin in (n, self.kind(0)):
                    y = max(y, nearer(z, d, t, begin))
                while (following := nearer(z, d, t, y)) > y:
                    y = following
                left = normal(z * normal(normal(d * y) / normal(normal(d * y) + t)))
        left = z if t == 0 else 0 * z if gone else left
        for i, at in group:
            here, left = left[: len(at)], left[len(at) :]
            places = np.unravel_index(at, now[i].shape)
            if self.ahead:
                ahead = fma(self.momentum, normal(here - memory[i][places]), here)
                self.p[i], self.memory[i] = self.p[i].copy(), self.memory[i].copy()
                self.p[i][places], self.memory[i][places] = ahead, here
                continue
            self.p[i] = self.p[i].copy()
            self.p[i][places] = here
            if self.optimizer == "momentum":
                self.memory[i] = self.memory[i].copy()
                self.memory[i][places] = normal(here - p[i][places])

    def norm(self, values):
        """Return the root of the sum of the squares, rounded once a term."""
        total = self.kind(0)
        for value in values:
            total = fma(value, value, total)
        return np.sqrt(total)

    def slopes(self, z, rows):
        """Return the gradient by the outputs."""
        label = np.arange(z.shape[1]) == self.y[rows, None]
        e = exp(z - z.max(axis=1, keepdims=True))
        total = np.cumsum(e, axis=1)[:, -1:]
        v = self.v[rows, None]
        s = v / np.cumsum(v)[-1]
        return fma(e, s / total, np.where(label, -s, self.kind(0)))

    def step(self, i, g):
        w, l1 = self.p[i], self.l1[i]
        if self.optimizer != "adamw":
            g = fma(self.l2[i] + self.l2[i], w, g)
        if not self.proximal:
            g = normal(g + np.sign(w) * l1)
        if self.optimizer in ("adam", "adamw", "rmsprop"):
            return self.rescaled_step(i, g)
        f, m, u = self.factor, self.momentum, self.memory[i]
        r = normal(self.rate * f)
        if self.ahead:
            following = prox(fma(-r, g, w), normal(r * l1))
            self.p[i], self.memory[i] = fma(m, normal(following - u), following), following
        elif self.optimizer == "nesterov":
            d = normal(-self.rate * g)
            u = fma(m, u, d)
            self.p[i], self.memory[i] = fma(f, fma(m, u, d), w), u
        elif self.proximal:
            self.p[i] = prox(fma(m, u, fma(-r, g, w)), normal(r * l1))
            self.memory[i] = normal(self.p[i] - w)
        else:
            self.memory[i] = u = fma(m, u, normal(-self.rate * g))
            self.p[i] = fma(f, u, w)

    def rescaled_step(self, i, g):
        w, m, b, one = self.p[i], self.momentum, self.beta2, self.kind(1)
        r = normal(self.rate * self.factor)
        self.squares[i] = q = fma(b, self.squares[i], normal((one - b) * normal(g * g)))
        if self.optimizer == "rmsprop":
            s, d = normal(r * g), normal(np.sqrt(q) + self.epsilon)
        else:
            self.memory[i] = p = fma(m, self.memory[i], normal((one - m) * g))
            s, d = normal(r / self.c1 * p), fma(one / np.sqrt(self.c2), np.sqrt(q), self.epsilon)
        self.d[i] = d
        if self.optimizer == "adamw":
            w = fma(normal(-r * (self.l2[i] + self.l2[i])), w, w)
        if self.proximal:
            t = normal(one / d)
            self.p[i] = prox(fma(-s, t, w), normal(normal(r * self.l1[i]) * t))
        else:
            self.p[i] = normal(w - normal(s / d))

    def epochs(self):
        """Train epoch after epoch, from the first order of batches on."""
        n, size = len(self.train), self.options["batch_size"]
        size = n if size == "full" else size
        random = stream(self.seed, "batch order", str(self.fold))
        for epoch in itertools.count():
            rows = random.permutation(self.train) if size < n else self.train
            self.factor = self.kind(rate_factor(epoch, self.options, n) * self.slowed)
            if self.options.get("schedule", "").startswith(("invscaling", "adaptive")):
                self.rate, self.factor = normal(self.whole_rate * self.factor), self.kind(1)
            at_once = size if epoch < self.options["epochs"] else self.finishing()
            for step, first in enumerate(range(0, n, at_once)):
                batch = rows[first : first + at_once]
                self.learn(batch, self.factors(len(batch), epoch, step))
            yield

    def finishing(self):
        """Return the rows of a batch of the finish."""
        units = len(self.p[0].T) + sum(map(len, self.p[1::2]))
        n = len(self.train)
        return -(-n // -(-n // min(4096, 2**19 // units)))

    def run(self):
        """Train; return the columns of the table, but for those of the place in the grid."""
        with np.errstate(all="raise", under="ignore"):
            found = {"initial_loss": self.measured()["final_loss"]}
            patience, tol = self.options.get("patience"), self.options.get("tol")
            training = self.epochs()
            best, since, best_loss = 0, 0, math.inf
            for epoch in range(1, self.options["epochs"] + self.options.get("finish", 0) + 1):
                next(training)
                if patience:
                    loss = self.evaluated(self.val)[0]
                    if epoch == 1 or loss < best_loss - (tol or 0):
                        best, since, best_loss = epoch, epoch, np.float64(loss)
                        weights = [value.copy() for value in self.result]
                elif tol is not None:
                    loss = np.float64(self.measured()["final_loss"])
                    if epoch == 1 or loss < best_loss - tol:
                        since = epoch
                    best_loss = min(best_loss, loss)
                if (patience or tol is not None) and epoch - since == (patience or 10):
                    adaptive = self.options.get("schedule") == "adaptive"
                    if not adaptive or np.float64(self.whole_rate) * self.slowed <= 1e-6:
                        break
                    self.slowed, since = self.slowed / 5, epoch
            if patience:
                self.start(weights)
                found["best_epoch"] = best
            return found | {"epochs": epoch} | self.measured()

    def evaluated(self, rows):
        """Return loss, other metrics by name, and the layers of all samples."""
        a = self.forward(self.result, self.x[rows])
        z, y = a[-1], self.y[rows]
        top = z.max(axis=1)
        e = exp(z - top[:, None])
        total = np.cumsum(e[:, ::-1], axis=1)[:, -1]
        losses = log(total) - (z[np.arange(len(y)), y] - top)
        right = z.argmax(axis=1) == y
        return self.mean_loss(losses, rows), {"accuracy": self.share(right, rows)}, a

    def mean_loss(self, losses, rows):
        v = self.v[rows]
        of_32 = [dot(self.kind(0), v[some], losses[some]) for some in by_32(len(rows))]
        return running(np.array(of_32)) / running(v)

    def share(self, right, rows):
        w = self.w[rows]
        counted = np.where(right, w, self.kind(0))
        return running(np.array([running(counted[some]) for some in by_32(len(w))])) / running(w)

    def scored(self, part, rows):
        """Return the further metrics of a part, by their columns."""
        names = self.options.get("metrics", ())
        if not names:
            return {}
        z = self.forward(self.result, self.x[rows])[-1]
        e = exp(z - z.max(axis=1)[:, None])
        p = normal(e / np.cumsum(e, axis=1)[:, -1:]).astype(np.float64)
        least = float(np.finfo(self.kind).eps)
        found = metrics(names, p, z.argmax(axis=1), self.y[rows], self.weight[rows], least)
        return {f"{part}_{name}": value for name, value in found.items()}

    def measured(self):
        loss, others, a = self.evaluated(self.train)
        found = {"train_loss": loss} | {f"train_{name}": value for name, value in others.items()}
        found |= self.scored("train", self.train)
        if len(self.val):
            found["val_loss"], others, _ = self.evaluated(self.val)
            found |= {f"val_{name}": value for name, value in others.items()}
            found |= self.without_inputs() | self.scored("val", self.val)
        p = self.result
        absolute = [running(abs(value).ravel()) for value in p]
        squares = [dot(self.kind(0), value.ravel(), value.ravel()) for value in p]
        for name, strength, sums in (("l1", self.l1, absolute), ("l2", self.l2, squares)):
            terms = [s * value for s, value in zip(strength, sums, strict=True)]
            found[f"{name}_penalty"] = running(np.array(terms))
        found["final_loss"] = loss + found["l1_penalty"] + found["l2_penalty"]
        if groups := self.options.get("groups"):
            total = self.kind(0)
            for group in groups:
                z = np.concatenate([self.result[i].ravel()[at] for i, at in group])
                total = fma(np.sqrt(self.kind(len(z))), self.norm(z), total)
            found["l21_penalty"] = normal(self.kind(self.options["l21"]) * total)
            found["final_loss"] += found["l21_penalty"]
        there = [abs(w) > most for w, most in zip(p[::2], self.tolerances(), strict=True)]
        found["status"] = "done"
        found["nonzero"] = sum(int(mask.sum()) for mask in there)
        found["sparsity"] = 1 - found["nonzero"] / sum(mask.size for mask in there)
        for name, mask in zip(self.names[::2], there, strict=True):
            found[f"sparsity_{name}"] = 1 - int(mask.sum()) / mask.size
        found["effective"] = effective(there)
        found["dead_units"] = sum(int((layer == 0).all(axis=0).sum()) for layer in a[1:-1])
        found["unused_inputs"] = int((~there[0].any(axis=0)).sum())
        return found

    def without_inputs(self):
        """Return the rows of both parts, and what the class shares reach."""
        n, h = self.counted(self.loss_weight)
        with mpmath.workdps(60):
            total = mpmath.log(mpmath.fsum(n))
            terms = [m * (total - mpmath.log(k)) for k, m in zip(n, h, strict=True) if m]
            loss = float(mpmath.fsum(terms) / mpmath.fsum(h))
        n, h = self.counted(self.weight)
        told = {"baseline_loss": loss, "baseline_accuracy": h[n.index(max(n))] / running(h)}
        names, y = self.options.get("metrics", ()), self.y[self.val]
        if names:
            p = np.tile(np.array(n) / running(n), (len(y), 1))
            guess, least = np.full(len(y), n.index(max(n))), float(np.finfo(self.kind).eps)
            found = metrics(names, p, guess, y, self.weight[self.val], least)
            told |= {f"baseline_{name}": value for name, value in found.items()}
        return told | {"train_rows": len(self.train), "val_rows": len(self.val)}

    def counted(self, weight):
        """Return what the rows of each class count, of the training and of the held-out part."""
        parts = self.train, self.val
        return [np.bincount(self.y[p], weight[p], self.y.max() + 1).tolist() for p in parts]

    def tolerances(self):
        """Return the size up to which a weight counts as zero, by matrix."""
        most = self.options["zero_tol"]
        if most != "auto":
            return [self.kind(most)] * len(self.l1[::2])
        twice = 2 * np.float64(self.whole_rate)
        if self.optimizer in ("adam", "adamw", "rmsprop"):
            return [0 if self.proximal else max(1e-3, twice * (l1 > 0)) for l1 in self.l1[::2]]
        return [0 if self.proximal else max(1e-3, twice * l1) for l1 in self.l1[::2]]


def nearer(z, d, t, y):
    """Return where Newton's step leads from y."""
    h = k = y.dtype.type(0)
    for a, b in zip(z, d, strict=True):
        q = normal(1 / fma(b, y, t))
        p = normal(normal(b * a) * q)
        h, k = fma(p, p, h), fma(normal(p * p), normal(b * q), k)
    return fma(normal(np.sqrt(h) - 1), normal(h / k), y)


def by_32(n):
    """Return the places of n samples, 32 at a time."""
    return [slice(first, first + 32) for first in range(0, n, 32)]


def prox(v, t):
    return np.sign(v) * np.maximum(normal(abs(v) - t), 0)


def effective(there):
    """Count the weights on a path: some lead in, and some lead out."""
    into, out = [np.ones(there[0].shape[1])], [np.ones(len(there[-1]))]
    for mask in there[:-1]:
        into.append(mask @ into[-1])
    for mask in there[:0:-1]:
        out.insert(0, out[0] @ mask)
    paths = [m * i * o[:, None] for m, i, o in zip(there, into, out, strict=True)]
    return sum(int((one > 0).sum()) for one in paths)


def drawn(widths, draw):
    """Return w1, b1, w2, ... of a network, with weights that are drawn by shape."""
    found = []
    for inputs, outputs in itertools.pairwise(widths):
        found += [draw((outputs, inputs)), np.zeros(outputs)]
    return found


def he(widths, seed):
    random = stream(seed, "initial weights")
    return drawn(widths, lambda shape: random.standard_normal(shape) * np.sqrt(2 / shape[1]))


def uniform(widths, seed):
    return drawn(widths, np.random.RandomState(seed).random_sample)


def article(seed, **options):
    """Return a run of the article."""
    random = np.random.RandomState(seed)
    x = random.randint(1, 100, (1, 5)) / 100
    parts = np.arange(1), np.arange(0)
    parameters = drawn((5, 3, 5, 4), random.random_sample)
    return Run(x, np.array([1]), parts, parameters, seed=seed, batch_size=1, **options)


def of_table(
    x, y, hidden, *, seed, fold=0, folds=0, val_fraction=0.2, test=None, init=he, parts=None,
    scale="standard", **options,
):  # fmt: skip
    """Return a run of a table, ``test`` of which are the rows of a test part."""
    test = np.arange(0) if test is None else test
    rest = np.setdiff1d(np.arange(len(y)), test)
    parts = parts or [rest[rows] for rows in split(y[rest], seed, fold, folds, val_fraction)]
    parameters = init((x.shape[1], *hidden, int(y.max()) + 1), seed)
    run = Run(scaled(x, parts[0], scale), y, parts, parameters, seed=seed, fold=fold, **options)
    run.test = test
    return run
