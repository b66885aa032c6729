"""What dropout multiplies a unit's activation by: 0 or 1 / (1 - dropout), from a counter."""

import numpy as np

from kernels.reference.settings import Parameters, Settings


def dropout_factors(
    parameters: Parameters, n: int, settings: Settings, epoch: int, step: int
) -> list[np.ndarray]:
    """Return what each unit's activation is multiplied by, for n samples; the inputs' is 1.

    A unit is dropped where its random word is below dropout * 2^32. Key, epoch and step give the
    key of a batch; with that one, sample and unit give the words of that unit and the next.
    """
    p, dtype = settings.dropout, parameters["b1"].dtype
    key = threefry(settings.key, (np.uint32(epoch), np.uint32(step)))
    samples = np.arange(n, dtype=np.uint32)[:, None]
    width = parameters["w1"].shape[1]
    factors, first = [np.ones((n, width), dtype)], width
    for layer in range(1, len(parameters) // 2):
        width = len(parameters[f"b{layer}"])
        units = np.arange(first, first + width, 2, dtype=np.uint32)
        words = np.stack(threefry(key, (samples, units)), axis=2).reshape(n, -1)[:, :width]
        factors.append(np.where(words < int(p * 2**32), 0, 1 / (1 - p)).astype(dtype))
        first += width
    return factors


def threefry(key, counter):
    """Return the two random words of a counter of two: Threefry-2x32 (Salmon et al., 2011)."""
    a, b = (np.atleast_1d(np.asarray(word, np.uint32)) for word in key)
    x, y = counter[0] + a, counter[1] + b
    keys = a, b, a ^ b ^ np.uint32(0x1BD11BDA)
    for four in range(5):
        for bits in ((13, 15, 26, 6), (17, 29, 16, 24))[four % 2]:
            x = x + y
            y = (y << np.uint32(bits) | y >> np.uint32(32 - bits)) ^ x
        x = x + keys[(four + 1) % 3]
        y = y + keys[(four + 2) % 3] + np.uint32(four + 1)
    return x, y
