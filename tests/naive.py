"""Oracles: the slow and obvious version of what the packages compute.

Nothing here is imported from them.
"""

import itertools
import math
import zlib
from fractions import Fraction

import mpmath
import numpy as np
from scipy import stats


def article(seed, epochs, l1, l2, rate=0.01, momentum=0.9):
    """Run the article's experiment, its steps one after another.

    ``l1`` and ``l2`` hold the penalty of each parameter by name; those not named have none.
    Returns the losses before the first epoch and after the last, the last prediction, the
    parameters, and the inputs ``x``.
    """
    # Step 1: the data, the weights, a forward feed.
    random = np.random.RandomState(seed)
    x = random.randint(1, 100, size=(5, 1)) / 100
    y = np.array([[0], [1], [0], [0]])
    p = {}
    for layer, (outputs, inputs) in enumerate([(3, 5), (5, 3), (4, 5)], start=1):
        p[f"w{layer}"] = random.random_sample((outputs, inputs))
        p[f"b{layer}"] = np.zeros((outputs, 1))

    def feed():
        z1 = p["w1"].dot(x) + p["b1"]
        h1 = np.maximum(z1, 0)
        z2 = p["w2"].dot(h1) + p["b2"]
        h2 = np.maximum(z2, 0)
        z3 = p["w3"].dot(h2) + p["b3"]
        return z1, h1, z2, h2, np.exp(z3) / np.sum(np.exp(z3))

    def loss_with_penalties(y_hat):
        total = -np.sum(y * np.log(y_hat + 1e-100))
        for name, value in p.items():
            total += l1.get(name, 0) * np.sum(abs(value)) + l2.get(name, 0) * np.sum(value**2)
        return float(total)

    initial_loss = loss_with_penalties(feed()[-1])
    # Step 2: what the optimizer remembers.
    update = {name: np.zeros(value.shape) for name, value in p.items()}
    # Step 3: the training loop.
    for _ in range(epochs):
        z1, h1, z2, h2, y_hat = feed()
        softmax_dash = y_hat * (np.eye(4) - y_hat.T)
        error = np.sum(-y / (y_hat + 1e-100) * softmax_dash, axis=0).reshape(-1, 1)
        error_2 = np.sum(error * p["w3"], axis=0).reshape(-1, 1) * (z2 > 0)
        error_1 = np.sum(error_2 * p["w2"], axis=0).reshape(-1, 1) * (z1 > 0)
        gradient = {"w3": error.dot(h2.T), "w2": error_2.dot(h1.T), "w1": error_1.dot(x.T)}
        gradient |= {"b3": error, "b2": error_2, "b1": error_1}
        for name, value in p.items():
            g = gradient[name] + l1.get(name, 0) * (value / (abs(value) + 1e-100))
            g = g + l2.get(name, 0) * 2 * value
            update[name] = -rate * g + momentum * update[name]
            p[name] = value + (-rate * g + momentum * update[name])
    # Step 4: see that the loss is reduced.
    y_hat = feed()[-1]
    final_loss = loss_with_penalties(y_hat)
    losses = {"initial_loss": initial_loss, "final_loss": final_loss, "prediction": y_hat[:, 0]}
    return losses | {k: v[:, 0] if k[0] == "b" else v for k, v in p.items()} | {"x": x[:, 0]}


def leaky_relu(leak):
    return lambda z: np.maximum(z, 0) + leak * np.minimum(z, 0)


relu = leaky_relu(0)

#: What hidden units give.
ACTIVATIONS = {
    "relu": relu,
    "tanh": np.tanh,
    "logistic": lambda z: 1 / (1 + np.exp(-z)),
    "elu": lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))),
    "identity": lambda z: z,
}


def objective(p, x, y, v, l1, l2, activate=relu, loss="cross_entropy"):
    """Return the loss with penalties.

    ``p`` is a list w1, b1, w2, b2, ... and ``l1``, ``l2`` the penalties of each.
    """
    *_, z = pre_activations(p, x, activate)
    loss = (costs(z, y, loss) * v).sum() / v.sum()
    for i, value in enumerate(p):
        loss = loss + l1[i] * abs(value).sum() + l2[i] * (value * value).sum()
    return loss


def costs(z, y, loss):
    """Return the loss of each sample, of its outputs z and its class y, or of what is true of each.

    Of outputs that are taken one by one it is the mean over them.
    """
    if loss == "cross_entropy":
        label = z[np.arange(len(y)), y]
        return np.log(np.exp(z - label[:, None]).sum(axis=1))
    r = z - y
    of_each = {
        "squared": lambda: r * r,
        "absolute": lambda: abs(r),
        "huber": lambda: np.where(abs(r) <= 1, r * r, 2 * abs(r) - 1),
        "poisson": lambda: np.exp(z) - y * z - y + np.where(y == 0, 0, y * np.log(y + (y == 0))),
        "logistic": lambda: -np.log(np.where(y == 1, 1 / (1 + np.exp(-z)), 1 / (1 + np.exp(z)))),
    }[loss]()
    return of_each.sum(axis=1) / z.shape[1]


def pre_activations(p, x, activate=relu):
    """Return what each layer's units receive."""
    found = []
    for i in range(0, len(p), 2):
        a = activate(found[-1]) if found else x
        found.append(np.dot(a, p[i].T) + p[i + 1])
    return found


def differences(p, x, y, v, l1, l2, activate=relu, loss="cross_entropy"):
    """Return central finite differences of `objective` by every parameter.

    In extended precision where the machine has it, so that they are good to 1e-6 of a gradient
    that is itself small. Also returns how many steps of the difference the nearest unit, or
    absolute value of a parameter, is from zero, where some have a kink.
    """
    wide = np.longdouble
    p = [value.astype(wide) for value in p]
    x, v = x.astype(wide), v.astype(wide)
    h = np.finfo(wide).eps ** (1 / 3)
    *hidden, outputs = pre_activations(p, x, activate)
    gradient = [np.zeros(value.shape) for value in p]
    for i, (value, g) in enumerate(zip(p, gradient, strict=True)):
        # What lies before the parameter's own layer does not change.
        layer = i // 2
        z = hidden[layer - 1] if layer else x
        a = activate(z) if layer else x
        rest = p[2 * layer :], a, y, v, l1[2 * layer :], l2[2 * layer :], activate, loss
        for place in np.ndindex(*value.shape):
            middle = value[place]
            value[place] = middle + h
            above = objective(*rest)
            value[place] = middle - h
            below = objective(*rest)
            value[place] = middle
            g[place] = (above - below) / (2 * h)
    kinks = {"absolute": lambda: [outputs - y], "huber": lambda: [abs(outputs - y) - 1]}
    kinked = [*hidden, *kinks.get(loss, list)()]
    bent = [*kinked, *(value for value, one in zip(p, l1, strict=True) if one)]
    return gradient, min((abs(z).min() / h for z in bent), default=np.inf)


def product(start, gate, a, b, rectify):
    """Multiply with one sum for each element, rounded once a term, in the order of the terms."""
    rows, terms = a.shape
    columns = b.shape[1]
    c = np.zeros((rows, columns))
    for i in range(rows):
        for j in range(columns):
            total = float(start[i, j])
            for k in range(terms):
                total = float(Fraction(a[i, k]) * Fraction(b[k, j]) + Fraction(total))
            control = total if rectify else gate[i, j]
            c[i, j] = total if control > 0 else 0.0
    return c


def layout(widths):
    """Return the name, first index and shape of each parameter, in order."""
    found, start = [], 0
    for layer in range(1, len(widths)):
        outputs, inputs = widths[layer], widths[layer - 1]
        for name, shape in ((f"w{layer}", (outputs, inputs)), (f"b{layer}", (outputs,))):
            found.append((name, start, shape))
            start += outputs * (inputs if name[0] == "w" else 1)
    return found


def nearest(function, x, dtype):
    """Return function(x), of mpmath, rounded once to ``dtype``; x and the value are finite."""
    digits, least = (53, 1074) if np.dtype(dtype) == np.float64 else (24, 149)
    with mpmath.workprec(200):
        value = function(mpmath.mpf(float(x)))
        magnitude = mpmath.frexp(value)[1] if value else -least
        # The last place kept: the significand's, or that of all subnormal numbers.
        place = max(magnitude - digits, -least)
        return np.dtype(dtype).type(float(mpmath.nint(mpmath.ldexp(value, -place)) * 2.0**place))


def soft_threshold(w, t):
    """Return the v that minimises t |v| + (v - w)^2 / 2."""
    if w > t:
        return w - t
    return w + t if w < -t else 0.0


def descent(
    name, gradient, w, steps, rate, l1=0, l2=0, proximal=False, momentum=0, beta2=0, epsilon=0
):
    """Move w some steps, as PyTorch's documentation tells it; ``gradient(w)`` is the loss'.

    The proximal steps are those of gradients that are divided by ``rate / length``.
    """
    x, u, m, v = w, 0 * w, 0 * w, 0 * w  # x is the iterate, or the one before
    for t in range(1, steps + 1):
        coupled = 0 if name == "adamw" else 2 * l2 * w
        g = gradient(w) + coupled + (0 if proximal else l1 * np.sign(w))
        along, length = g, np.full(len(w), rate)
        if name in ("adam", "adamw"):
            m, v = momentum * m + (1 - momentum) * g, beta2 * v + (1 - beta2) * g**2
            along = m / (1 - momentum**t)
            length = rate / (np.sqrt(v / (1 - beta2**t)) + epsilon)
        elif name == "rmsprop":
            v = beta2 * v + (1 - beta2) * g**2
            length = rate / (np.sqrt(v) + epsilon)
        elif not proximal:
            u = momentum * u + g
            along = g + momentum * u if name == "nesterov" else u
        there = w - length * along - (rate * 2 * l2 * w if name == "adamw" else 0)
        if not proximal:
            w = there
            continue
        if name == "momentum":
            there = there + momentum * (w - x)
        found = np.array([soft_threshold(a, b) for a, b in zip(there, length * l1, strict=True)])
        w, x = (found + momentum * (found - x), found) if name == "nesterov" else (found, w)
    return x if proximal and name == "nesterov" else w


def group_penalty(p, groups):
    """Return the sum of sqrt(size) times the length of each group, an index by parameter each."""
    total = 0.0
    for group in groups:
        values = [w for name, index in group.items() for w in np.ravel(p[name][index]).tolist()]
        total += math.sqrt(len(values)) * math.hypot(*values)
    return total


def shrunk(z, d, threshold):
    """Return the x that minimises sum d (x - z)^2 / 2 + threshold ||x||: its norm by halving."""
    with mpmath.workdps(60):
        z, d = ([mpmath.mpf(float(value)) for value in values] for values in (z, d))
        threshold = mpmath.mpf(float(threshold))
        pull = mpmath.sqrt(sum((a * b) ** 2 for a, b in zip(z, d, strict=True)))
        # As close to the end as this, the doubles that were given do not tell.
        if pull <= threshold * (1 + mpmath.mpf(2) ** -50):
            return np.zeros(len(z))
        low, high = mpmath.mpf(0), mpmath.sqrt(sum(value**2 for value in z))
        for _ in range(180):
            t = (low + high) / 2
            p = [a * b / (b * t + threshold) for a, b in zip(z, d, strict=True)]
            low, high = (t, high) if sum(value**2 for value in p) > 1 else (low, t)
        return np.array([float(a * b * t / (b * t + threshold)) for a, b in zip(z, d, strict=True)])


def _gradients(w, b, x, y, v):
    """Return the gradients of the mean loss by w and b: of classes y, or of numbers ``[i, o]``."""
    z = x @ w.T + b
    if y.ndim == 2:
        delta = 2 * (z - y) / y.shape[1] * (v / v.sum())[:, None]
        return delta.T @ x, delta.sum(axis=0)
    p = np.exp(z - z.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    p[np.arange(len(y)), y] -= 1
    delta = p * (v / v.sum())[:, None]
    return delta.T @ x, delta.sum(axis=0)


def group_objective(w, b, x, y, v, groups, l1, l2, l21):
    """Return the loss of a regression w ``[output, input]`` with penalties on w."""
    of_groups = sum(math.sqrt(w[:, g].size) * math.hypot(*w[:, g].ravel()) for g in groups)
    if y.ndim == 2:
        squares = ((x @ w.T + b - y) ** 2).mean(axis=1)
        others = l1 * abs(w).sum() + l2 * (w * w).sum() + l21 * of_groups
        return (squares * v).sum() / v.sum() + others
    return objective([w, b], x, y, v, [l1, 0], [l2, 0]) + l21 * of_groups


def sparse_group_regression(x, y, v, groups, l1, l2, l21, tolerance=1e-10):
    """Minimise `group_objective`, group by group (Simon, Friedman and Hastie, 2013).

    Each group takes proximal steps by the bound of its own curvature: that of the loss, which of
    softmax is at most one half, times the largest eigenvalue of its inputs' moments.
    """
    outputs = y.shape[1] if y.ndim == 2 else int(y.max()) + 1
    bend = 2 / outputs if y.ndim == 2 else 0.5
    w, b = np.zeros((outputs, x.shape[1])), np.zeros(outputs)
    share = v / v.sum()
    moments = [x[:, g].T @ (share[:, None] * x[:, g]) for g in groups]
    steps = [1 / (bend * np.linalg.eigvalsh(m)[-1] + 2 * l2) for m in moments]
    for _ in range(100_000):
        b -= _gradients(w, b, x, y, v)[1] / bend
        for g, step in zip(groups, steps, strict=True):
            slope = _gradients(w, b, x, y, v)[0][:, g] + 2 * l2 * w[:, g]
            left = w[:, g] - step * slope
            left = np.sign(left) * np.maximum(abs(left) - step * l1, 0)
            length, most = math.hypot(*left.ravel()), step * l21 * math.sqrt(left.size)
            w[:, g] = left * (1 - most / length) if length > most else 0.0
        if group_slack(w, b, x, y, v, groups, l1, l2, l21) < tolerance:
            return w, b
    raise AssertionError("no optimum was found")


def group_slack(w, b, x, y, v, groups, l1, l2, l21):
    """Return how far `group_objective` is from having 0 as a subgradient, at the most."""
    gradient, by_bias = _gradients(w, b, x, y, v)
    gradient = gradient + 2 * l2 * w
    found = [abs(by_bias).max()]
    for g in groups:
        d, group = gradient[:, g], w[:, g]
        strength = l21 * math.sqrt(group.size)
        if not group.any():
            beyond = np.maximum(abs(d) - l1, 0)
            found.append(max(math.hypot(*beyond.ravel()) - strength, 0))
            continue
        d = d + strength * group / math.hypot(*group.ravel())
        at_zero = np.maximum(abs(d) - l1, 0)
        found.append(np.where(group == 0, at_zero, abs(d + l1 * np.sign(group))).max())
    return max(found)


def interval(values, ratio):
    """The interval of a mean over ``values[seed][fold]``: Student's t, and new data by a ratio."""
    seeds, folds = len(values), len(values[0]) if len(values) else 0
    several = folds > 1 and ratio > 0
    if seeds < 2 and not (seeds and several):
        return math.nan, math.nan
    means = [np.mean(folds) for folds in values]
    inside = np.mean([np.var(folds, ddof=1) for folds in values]) if several else math.nan
    luck = np.var(means, ddof=1) / seeds if seeds > 1 else inside / folds
    data = ratio * inside if several else ratio * luck * seeds
    freedom = seeds - 1 if seeds > 1 else folds - 1
    if several and seeds > 1 and luck + data > 0:  # Welch and Satterthwaite
        parts = luck**2 / (seeds - 1) + data**2 / (seeds * (folds - 1))
        freedom = (luck + data) ** 2 / parts
    half = stats.t.ppf(0.975, freedom) * math.sqrt(luck + data)
    return np.mean(means) - half, np.mean(means) + half


def auc(p, of_class, v):
    """Count pairs: how often one of the class has the higher number; half of the ties count."""
    pairs = [
        (v[i] * v[j], (p[i] > p[j]) + (p[i] == p[j]) / 2)
        for i, j in itertools.product(range(len(p)), repeat=2)
        if of_class[i] and not of_class[j]
    ]
    mass = math.fsum(weight for weight, _ in pairs)
    return math.fsum(weight * won for weight, won in pairs) / mass if mass else math.nan


def metric(name, p, named, y, v, least=2.0**-52):
    """Return a metric of probabilities ``p [sample, class]``; of two classes the last counts.

    ``named`` are the classes given to the samples, y the right ones, v what each counts; least is
    what a probability of the log-loss is kept off 0 and 1 by.
    """
    n, k = p.shape
    rows, mass = range(n), math.fsum(v)
    of_two = [1] if k == 2 else range(k)

    def weight(condition):
        return math.fsum(v[i] for i in rows if condition(i))

    if name == "log_loss":
        right = (min(max(p[i, y[i]], least), 1 - least) for i in rows)
        return math.fsum(w * -math.log(q) for w, q in zip(v, right, strict=True)) / mass
    if name == "brier":
        squares = ((v[i], (p[i, c] - (y[i] == c)) ** 2) for i in rows for c in of_two)
        return math.fsum(w * square for w, square in squares) / mass
    if name == "auc":
        return math.fsum(auc(p[:, c], y == c, v) for c in of_two) / len(of_two)
    right = [weight(lambda i, c=c: y[i] == named[i] == c) for c in range(k)]
    labelled = [weight(lambda i, c=c: y[i] == c) for c in range(k)]
    given = [weight(lambda i, c=c: named[i] == c) for c in range(k)]
    if name == "balanced_accuracy":
        recalls = [r / there for r, there in zip(right, labelled, strict=True) if there]
        return math.fsum(recalls) / len(recalls)
    both = [a + b for a, b in zip(given, labelled, strict=True)]
    of_each = [2 * r / b if b else 0.0 for r, b in zip(right, both, strict=True)]
    return of_each[1] if k == 2 else math.fsum(of_each) / sum(b > 0 for b in both)


def generator(seed, *names):
    """Return the generator that a seed has for what is named."""
    entropy = [seed] + [zlib.crc32(name.encode()) for name in names]
    return np.random.RandomState(np.random.MT19937(np.random.SeedSequence(entropy)))


def threefry(key, counter):
    """Return two random words, Threefry-2x32 with 20 rounds, in arithmetic modulo 2^32."""
    word = 2**32
    key = [np.asarray(k, dtype=np.uint64) for k in key]
    key.append(key[0] ^ key[1] ^ np.uint64(0x1BD11BDA))
    x, y = ((np.asarray(c, dtype=np.uint64) + k) % word for c, k in zip(counter, key, strict=False))
    for i, bits in enumerate([13, 15, 26, 6, 17, 29, 16, 24] * 2 + [13, 15, 26, 6], start=1):
        x = (x + y) % word
        y = (y * 2**bits % word + y // 2 ** (32 - bits)) ^ x  # turned to the left
        if i % 4 == 0:
            x = (x + key[i // 4 % 3]) % word
            y = (y + key[(i // 4 + 1) % 3] + i // 4) % word
    return x, y


def factors(share, key, epoch, step, n, widths):
    """Return what dropout multiplies the units of each hidden layer by, for n samples."""
    of_step = threefry(key, (epoch, step))
    found, before = [], widths[0]
    for width in widths[1:-1]:
        of_layer = np.ones((n, width))
        for sample, unit in np.ndindex(n, width):
            words = threefry(of_step, (sample, before + unit // 2 * 2))
            dropped = words[unit % 2] < np.floor(share * 2**32)
            of_layer[sample, unit] = 0 if dropped else 1 / (1 - share)
        found.append(of_layer)
        before += width
    return found


def masked(p, x, factors, leak):
    """Return what each layer's units receive, where hidden units have factors."""
    found, passed = [], x
    for i in range(0, len(p), 2):
        z = passed @ p[i].T + p[i + 1]
        found.append(z)
        if i + 2 < len(p):
            passed = np.where(z > 0, z, leak * z) * factors[i // 2]
    return found


def masked_loss(p, x, y, factors, leak):
    """Return the mean cross-entropy of a network whose hidden units have factors."""
    z = masked(p, x, factors, leak)[-1]
    return np.log(np.exp(z - z[np.arange(len(y)), y][:, None]).sum(axis=1)).mean()


def dropped_out(p, x, y, seed, share, epochs, batch_size, rate, momentum, l2, leak):
    """Train by Nesterov's step with dropout, batch by batch; return w1, b1, w2, ..."""
    widths = [len(p[0].T), *map(len, p[1::2])]
    key = generator(seed, "dropout", "0").randint(0, 2**32, size=2, dtype=np.uint32)
    orders = generator(seed, "batch order", "0")
    p, update = [value.copy() for value in p], [0 * value for value in p]
    for epoch in range(epochs):
        order = orders.permutation(len(x))
        for step in range(math.ceil(len(x) / batch_size)):
            rows = order[step * batch_size :][:batch_size]
            m = factors(share, key, epoch, step, len(rows), widths)
            z = masked(p, x[rows], m, leak)
            error = np.exp(z[-1]) / np.exp(z[-1]).sum(axis=1, keepdims=True)
            error = (error - np.eye(widths[-1])[y[rows]]) / len(rows)
            for i in range(len(p) - 2, -1, -2):
                below = z[i // 2 - 1]
                passed = np.where(below > 0, below, leak * below) * m[i // 2 - 1] if i else x[rows]
                gradient = error.T @ passed, error.sum(axis=0)
                if i:
                    error = (error @ p[i]) * m[i // 2 - 1] * np.where(below > 0, 1, leak)
                for j, g in enumerate(gradient, start=i):
                    g = g + 2 * l2 * p[j] * (j % 2 == 0)
                    update[j] = momentum * update[j] - rate * g
                    p[j] = p[j] + momentum * update[j] - rate * g
    return p
