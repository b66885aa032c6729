"""Train a tiny case with kernels that are not compiled; run by a test in another process."""

import itertools

import numpy as np
from numba import config

from kernels import reference
from tests.kernels.packing import OPTIMIZERS, experiment, reference_run, train_runs

#: Whether L1 is proximal, and what is grouped.
STEPS = ((False, "none"), (True, "none"), (True, "columns"), (True, "units"))

#: Optimizers and activations, each beside the plain other.
KINDS = [
    *((optimizer, "relu") for optimizer in OPTIMIZERS),
    *(("nesterov", activation) for activation in reference.ACTIVATIONS),
]

if __name__ == "__main__":
    assert config.DISABLE_JIT
    for loss in ("squared", "absolute", "huber", "poisson", "logistic"):
        drawn = experiment(seed=4, widths=(3, 2, 2), n=4, batch_size=2, epochs=2, loss=loss)
        with np.errstate(all="ignore"):  # of logarithms of 0 that are not taken
            outcome = train_runs(drawn, width=4)
        expected = reference_run(drawn, 0)
        np.testing.assert_allclose(outcome.parameters[0], expected, rtol=0, atol=1e-13)
        assert np.isfinite(outcome.loss).all()
    # In float32 beta2 is rounded as well, which is much of what it is short of 1.
    for precision, tolerance in (("float64", 1e-13), ("float32", 3e-5)):
        for freeze, (proximal, together), (optimizer, activation) in itertools.product(
            (False, True), STEPS, KINDS
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
                optimizer=optimizer,
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
