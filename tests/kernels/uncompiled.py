"""Train a tiny case with kernels that are not compiled; run by a test in another process."""

from itertools import product

import numpy as np
from numba import config

from tests.kernels.packing import OPTIMIZERS, experiment, reference_run, train_runs

if __name__ == "__main__":
    assert config.DISABLE_JIT
    # In float32 beta2 is rounded as well, which is much of what it is short of 1.
    for precision, tolerance in (("float64", 1e-13), ("float32", 3e-5)):
        for optimizer, freeze, proximal in product(OPTIMIZERS, (False, True), (False, True)):
            drawn = experiment(
                seed=9,
                widths=(3, 4, 2),
                runs=3,
                n=4,
                batch_size=2,
                epochs=2,
                proximal=proximal,
                precision=precision,
                optimizer=optimizer,
            )
            outcome = train_runs(drawn, width=4, freeze=freeze)
            assert np.isfinite(outcome.loss).all()
            for i in range(3):
                np.testing.assert_allclose(
                    outcome.parameters[i], reference_run(drawn, i), rtol=0, atol=tolerance
                )
