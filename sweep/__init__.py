"""The experiment: a grid of L1 x L2 x seeds, every cell trained, as a tidy table."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sweep.classifier import RegularizedMLPClassifier as RegularizedMLPClassifier
    from sweep.classifier_cv import RegularizedMLPClassifierCV as RegularizedMLPClassifierCV
    from sweep.model import Model as Model
    from sweep.saving import load_model as load_model
    from sweep.spec import Sweep as Sweep

#: Where each public name is.
_HOMES = {
    "Sweep": "sweep.spec",
    "RegularizedMLPClassifier": "sweep.classifier",
    "RegularizedMLPClassifierCV": "sweep.classifier_cv",
    "Model": "sweep.model",
    "load_model": "sweep.saving",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that the command line starts at once."""
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'sweep' has no attribute {name!r}")
