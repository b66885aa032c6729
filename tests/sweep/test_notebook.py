"""In a notebook: what shows itself, and progress, without Jupyter."""

import sys
import types

import numpy as np
import pandas as pd
import pytest

from sweep import Sweep


def cells_of(html):
    """Return the rows of a table of HTML."""
    return {row.split("</th>")[0]: row for row in html.split("<tr><th>")[1:]}


@pytest.mark.parametrize(
    ("options", "counts", "axis", "shown"),
    [
        ({"l2": 0}, "4 cells, 12 runs", "l1", "<td>0, 0.001, 0.01, 0.1</td>"),
        ({"l2": 0, "activation": "relu,tanh"}, "8 cells, 24 runs", "activation", "relu, tanh"),
        ({"l2": np.arange(20)}, "80 cells, 240 runs", "l2", "0, 1, 2, 3, 4, 5, 6, 7, ... (20)"),
        ({"l1": "auto:log9"}, "as many runs as the data call for", "l1", "auto:log9"),
        ({"l1": "auto:log", "sample": 8}, "8 cells, 24 runs", "l1", "auto:log"),
        ({"l2": 0, "folds": 4}, "4 cells, 48 runs", "fold", "0, 1, 2, 3"),
        ({"l1": "1e-5:1e-1:log", "sample": 8}, "8 cells, 24 runs", "l1", "1e-05:0.1:log"),
    ],
)
def test_a_sweep_shows_its_axes_and_counts(options, counts, axis, shown):
    spec = Sweep(**{"data": "iris", "l1": [0, 1e-3, 0.01, 0.1], "seeds": range(3)} | options)
    html = spec._repr_html_()
    assert f"Sweep of iris: {counts}</p>" in html and shown in cells_of(html)[axis]
    assert "<td>0, 1, 2</td>" in cells_of(html)["seed"]


def test_names_of_data_are_no_html():
    frame = pd.DataFrame({"a": [1.0, 2.0], "y": ["u", "v"]})
    assert "Sweep of data in memory" in Sweep(data=frame)._repr_html_()
    assert "<b>" not in Sweep(data="<b>.csv")._repr_html_()


def test_progress_is_a_bar_below_the_cell(monkeypatch, small):
    seen = []

    class Handle:
        def update(self, shown):
            seen.append(shown._repr_html_())

    def display(shown, *, display_id):
        assert display_id
        return Handle()

    monkeypatch.setitem(sys.modules, "IPython", types.ModuleType("IPython"))
    fake = types.ModuleType("IPython.display")
    fake.display = display
    monkeypatch.setitem(sys.modules, "IPython.display", fake)
    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)
    runs = small(l1=[0, 0.01], seeds=range(3)).run(quiet=False)
    best = runs["val_loss"].min()
    assert seen[-1].startswith('<progress value="6" max="6"></progress> 6/6 runs, ')
    assert seen[-1].endswith(f"best run {best:.3g}")
