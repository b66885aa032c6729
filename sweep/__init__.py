"""The experiment: a grid of L1 x L2 x seeds, every cell trained, as a tidy table."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sweep.estimators.classifier import RegularizedMLPClassifier as RegularizedMLPClassifier
    from sweep.estimators.classifier_cv import (
        RegularizedMLPClassifierCV as RegularizedMLPClassifierCV,
    )
    from sweep.models.files import load_model as load_model
    from sweep.models.model import Model as Model
    from sweep.specification.spec import Sweep as Sweep

#: Where each public name is.
_HOMES = {
    "Sweep": "sweep.specification.spec",
    "RegularizedMLPClassifier": "sweep.estimators.classifier",
    "RegularizedMLPClassifierCV": "sweep.estimators.classifier_cv",
    "Model": "sweep.models.model",
    "load_model": "sweep.models.files",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that the command line starts at once."""
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'sweep' has no attribute {name!r}")
