"""What the best cell predicts, as the page shows it: a picture, and what it is worth."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, NamedTuple

from results.labels import number


class Predicted(NamedTuple):
    """A picture of what the best cell predicts of rows that did not train it.

    Attributes
    ----------
    png : bytes
    says : str
        Whose predictions they are, of which rows.
    tested : dict, optional
        What they are worth on a test part: ``rows``, how many there are, ``run``, ``targets``,
        ``metrics``, each with its ``target``, ``value``, ``low``, ``high`` and ``baseline``, and
        ``notes``.
    """

    png: bytes
    says: str
    tested: Mapping[str, Any] | None = None

    @property
    def figures(self) -> list[dict[str, str]]:
        """What it is worth on the test part as texts, a metric each."""
        found = self.tested or {"metrics": [], "targets": []}
        several = len(found["targets"]) > 1
        return [
            {
                "metric": f"{one['metric']} of {one['target']}"
                if several and one["target"]
                else one["metric"],
                "interval": "-"
                if one["low"] is None
                else f"{number(one['low'])} to {number(one['high'])}",
                **{name: _known(one[name]) for name in ("value", "baseline")},
            }
            for one in found["metrics"]
        ]

    @property
    def source(self) -> str:
        """The picture as the page holds it."""
        return f"data:image/png;base64,{base64.b64encode(self.png).decode()}"


def _known(value: float | None) -> str:
    """Return a number as text, a dash where it is not defined."""
    return "-" if value is None else number(value)
