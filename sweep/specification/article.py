"""The document's experiment, among data sets: its name, and the defaults that it has of its own."""

from typing import Any

NAME = "article"

#: Options whose default is another one than for real data.
DEFAULTS: dict[str, Any] = {
    "hidden": (3, 5),
    "l1_on": "w2,b2,w3,b3",
    "l2_on": "w1,b1,w3,b3",
    "l1_method": "subgradient",
    "val_fraction": 0.0,
    "epochs": 1000,
    "batch_size": 1,
    "init": "uniform",
    "features": "no",
}

#: Penalties of the document's own run.
PENALTIES = {"l1": 0.01, "l2": 0.01}


def is_article(data: Any) -> bool:
    """Tell whether data are the document's, which each seed draws."""
    return isinstance(data, str) and data == NAME
