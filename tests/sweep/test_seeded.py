"""Streams: their bytes are a promise, and their names keep them apart."""

import numpy as np

from sweep.seeded import generator


def test_a_stream_never_changes():
    assert generator(42, "split").randint(0, 2**32, 3, np.uint64).tolist() == [
        1756916437,
        1548889365,
        3482325139,
    ]


def test_seeds_and_names_give_unrelated_streams():
    drawn = {
        tuple(generator(seed, *names).randint(0, 2**32, 4, np.uint64))
        for seed in range(50)
        for names in [("split",), ("batch order",), ("batch order", "0"), ("0", "batch order")]
    }
    assert len(drawn) == 200
    neighbours = np.corrcoef([generator(seed, "split").random_sample(2000) for seed in range(20)])
    assert np.abs(neighbours - np.eye(20)).max() < 0.1  # 4.5 standard errors
