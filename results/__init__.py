"""The tables: a results directory that survives, and what is read from it.

``results.load(DIR)`` gives the runs of a sweep as a pandas DataFrame. ``summary`` and ``best``
take it and return another; ``heatmap``, ``differences``, ``path``, ``pareto``, ``curves``,
``weights`` and ``weight_path`` draw with matplotlib.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from results.cells import summary as summary
    from results.choice import best as best
    from results.history import load_history as load_history
    from results.lines import curves as curves
    from results.lines import pareto as pareto
    from results.lines import path as path
    from results.maps import differences as differences
    from results.maps import heatmap as heatmap
    from results.matrices import weight_path as weight_path
    from results.matrices import weights as weights
    from results.reading import load as load

#: Where each public function is.
_HOMES = {
    "load": "reading",
    "load_history": "history",
    "summary": "cells",
    "best": "choice",
    "heatmap": "maps",
    "differences": "maps",
    "path": "lines",
    "curves": "lines",
    "pareto": "lines",
    "weights": "matrices",
    "weight_path": "matrices",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    """Import a function, and with it pandas or matplotlib, only when it is asked for."""
    if name in _HOMES:
        return getattr(import_module(f"results.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
