"""The experiment: a grid of L1 x L2 x seeds, every cell trained, as a tidy table."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sweep.errors import InputError as InputError
    from sweep.estimators.classifier import RegularizedMLPClassifier as RegularizedMLPClassifier
    from sweep.estimators.classifier_cv import (
        RegularizedMLPClassifierCV as RegularizedMLPClassifierCV,
    )
    from sweep.estimators.regressor import RegularizedMLPRegressor as RegularizedMLPRegressor
    from sweep.estimators.regressor_cv import (
        RegularizedMLPRegressorCV as RegularizedMLPRegressorCV,
    )
    from sweep.models.ensemble.average import Ensemble as Ensemble
    from sweep.models.model import Model as Model
    from sweep.models.reading import load_model as load_model
    from sweep.sweep import Sweep as Sweep

#: Where each public name is.
_HOMES = {
    "Sweep": "sweep.sweep",
    "RegularizedMLPClassifier": "sweep.estimators.classifier",
    "RegularizedMLPClassifierCV": "sweep.estimators.classifier_cv",
    "RegularizedMLPRegressor": "sweep.estimators.regressor",
    "RegularizedMLPRegressorCV": "sweep.estimators.regressor_cv",
    "Ensemble": "sweep.models.ensemble.average",
    "Model": "sweep.models.model",
    "load_model": "sweep.models.reading",
    "InputError": "sweep.errors",
}

__all__ = [*_HOMES, "__version__"]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that the command line starts at once."""
    if name == "__version__":
        from sweep.machine import version

        return version("regsweep")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'sweep' has no attribute {name!r}")


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted(__all__)
