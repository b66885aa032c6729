"""The tables: a results directory that survives, and what is read from it.

``results.load(DIR)`` gives the runs of a sweep as a pandas DataFrame. ``summary``, ``best``,
``nested`` and ``shares`` take it and return another; ``heatmap``, ``differences``, ``facets``,
``axes``, ``pairs``, ``importance``, ``path``, ``pareto``, ``curves``, ``weights``, ``weight_path``,
``predicted``, ``residuals`` and ``confusion`` draw with matplotlib. ``compare``
takes the runs of two sweeps.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from results.cells.best import best as best
    from results.cells.comparison.pairs import compare as compare
    from results.cells.honest import nested as nested
    from results.cells.importance.shares import shares as shares
    from results.cells.summary import summary as summary
    from results.directory.beside import load_features as load_features
    from results.directory.beside import load_history as load_history
    from results.directory.reading import load as load
    from results.pictures.along.axes import axes as axes
    from results.pictures.along.pareto import pareto as pareto
    from results.pictures.along.path import path as path
    from results.pictures.curves import curves as curves
    from results.pictures.importance import importance as importance
    from results.pictures.maps.differences import differences as differences
    from results.pictures.maps.facets import facets as facets
    from results.pictures.maps.means import heatmap as heatmap
    from results.pictures.maps.pairs import pairs as pairs
    from results.pictures.matrices import weight_path as weight_path
    from results.pictures.matrices import weights as weights
    from results.pictures.predictions import confusion as confusion
    from results.pictures.predictions import predicted as predicted
    from results.pictures.predictions import residuals as residuals

#: Where each public function is.
_HOMES = {
    "load": "directory.reading",
    "load_history": "directory.beside",
    "load_features": "directory.beside",
    "summary": "cells.summary",
    "best": "cells.best",
    "compare": "cells.comparison.pairs",
    "nested": "cells.honest",
    "shares": "cells.importance.shares",
    "heatmap": "pictures.maps.means",
    "differences": "pictures.maps.differences",
    "facets": "pictures.maps.facets",
    "axes": "pictures.along.axes",
    "pairs": "pictures.maps.pairs",
    "importance": "pictures.importance",
    "path": "pictures.along.path",
    "curves": "pictures.curves",
    "pareto": "pictures.along.pareto",
    "weights": "pictures.matrices",
    "weight_path": "pictures.matrices",
    "predicted": "pictures.predictions",
    "residuals": "pictures.predictions",
    "confusion": "pictures.predictions",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    """Import a function, and with it pandas or matplotlib, only when it is asked for."""
    if name in _HOMES:
        return getattr(import_module(f"results.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted(__all__)
