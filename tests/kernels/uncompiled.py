"""Train a tiny case with kernels that are not compiled; run by a test in another process."""

import itertools

import numpy as np
from numba import config

from kernels import reference
from tests.kernels.packing import experiment, reference_run, train_runs

#: Whether L1 is proximal, and what is grouped.
STEPS = ((False, "none"), (True, "none"), (True, "columns"), (True, "units"))

if __name__ == "__main__":
    assert config.DISABLE_JIT
    for precision, tolerance in (("float64", 1e-13), ("float32", 1e-5)):
        for freeze, (proximal, together), activation in itertools.product(
            (False, True), STEPS, reference.ACTIVATIONS
        ):
            drawn = experiment(
                seed=9,
                widths=(3, 5, 2),
                runs=3,
                n=4,
                batch_size=2,
                epochs=2,
                proximal=proximal,
                together=together,
                precision=precision,
                activation=activation,
                leak=0.2,
            )
            outcome = train_runs(drawn, width=4, freeze=freeze)
            assert np.isfinite(outcome.loss).all()
            for i in range(3):
                np.testing.assert_allclose(
                    outcome.parameters[i], reference_run(drawn, i), rtol=0, atol=tolerance
                )
    dropping = experiment(seed=9, widths=(3, 5, 4, 2), runs=3, n=4, batch_size=3, dropping=True)
    outcome = train_runs(dropping, width=4)
    for i in range(3):
        np.testing.assert_allclose(
            outcome.parameters[i], reference_run(dropping, i), rtol=0, atol=1e-13
        )
