"""What is said of numbers to predict: the best constant beside them, rmse and R2 as they are."""

import io

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

import results
from results.cells.notes import notes
from results.terminal.show import show
from tests.results.test_notes import one
from tests.results.test_notes import runs as of_classes


def runs(losses, *, r2=0.0, **options):
    """Return runs of numbers whose standard deviation is 50: the loss is the share unexplained."""
    found = of_classes(losses, baseline=1.0, **options)
    found = found.drop(columns=["val_accuracy", "baseline_accuracy"])
    of_loss = {"val_rmse": 50 * found.val_loss**0.5, "val_r2": 1 - found.val_loss + r2}
    guess = {"baseline_rmse": 50.0, "baseline_r2": r2}
    return found.assign(**of_loss, **guess)


def said(table, by=None):
    cells = results.summary(table, by=by)
    return notes(cells, results.best(cells).iloc[0])


def printed(table, metric=None):
    file = io.StringIO()
    show(table, metric, file=file)
    return file.getvalue()


def test_the_best_constant_stands_beside_every_figure():
    text = one(said(runs({0.0: 0.5, 0.1: 0.6})), "constant")
    assert text == (
        "The best constant alone gives val_loss 1, val_rmse 50, val_r2 0."
    )  # and no class share
    worse = runs({0.0: 1.05, 0.1: 1.3})
    for by in (None, "rmse", "r2"):
        by_it = "" if by is None else f" by val_{by}"
        assert one(said(worse, by), "constant alone").endswith(f": this cell is no better{by_it}.")
    column = results.summary(worse, by="r2")["below_baseline"]
    assert column.tolist() == [8, 8]
    assert "8 of the 8 runs here did no better than the best constant by val_r2" in one(
        said(worse, "r2"), "did no better"
    )


def test_what_the_loss_alone_does_not_tell_is_not_said():
    table = runs({0.0: 0.5, 0.1: 0.6})
    cells = results.summary(table, ["val_loss", "sparsity"])
    found = notes(cells, results.best(cells).iloc[0])
    assert one(found, "A guess without inputs gives") == "A guess without inputs gives val_loss 1."


@pytest.mark.parametrize("r2", [-0.02, 0.0, 0.02])
def test_a_guess_is_a_guess_by_r2_whatever_its_sign(r2):
    """A thousandth of an R2 of about 0 would be next to nothing."""
    table = runs({0.0: 1.0, 0.1: 1.3}, r2=r2, spread=0.0)
    table.loc[table.l1 == 0, "val_r2"] = r2 - 3e-4
    assert "so does this cell by val_r2, within a thousandth" in one(said(table, "r2"), "alone")
    assert results.summary(table, by="r2")["below_baseline"].tolist() == [8, 8]
    table.loc[table.l1 == 0, "val_r2"] = r2 + 0.02
    assert results.summary(table, by="r2")["below_baseline"].tolist() == [0, 8]
    assert "within a thousandth" not in " ".join(said(table, "r2"))


def test_a_constant_network_of_numbers_has_an_interval():
    """Splits of numbers hold what they happen to: what a constant gives differs by it."""
    table = runs({0.1: 1.0}, spread=0.2).assign(effective=0)
    table["baseline_loss"] = table["val_loss"]
    cells = results.summary(table)
    assert np.isfinite(cells["low_val_loss"]).all()
    why = results.best(cells)["why"].iloc[0]
    assert "1, by networks that give every row the same, 95 % interval " in why
    assert one(said(table), "alone").endswith(
        "so does this cell, within a thousandth, and its networks give every row the same."
    )


def test_rmse_and_r2_are_ranked_each_its_way():
    table = runs({0.0: 0.6, 0.01: 0.5, 0.1: 0.9})
    table.loc[table.l1 == 0.1, "val_r2"] += 1  # now the highest
    assert results.best(table, by="rmse")["l1"].iloc[0] == 0.01
    highest = results.best(table, by="r2").iloc[0]
    assert highest["l1"] == 0.1 and "the highest mean val_r2, 1.1" in highest["why"]
    cells = results.summary(table)
    assert (cells["low_val_rmse"] >= 0).all() and (cells["high_val_r2"] <= 1).all()
    assert cells["high_val_r2"].max() == 1


def test_an_rmse_is_written_with_its_digits_and_an_r2_with_three(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    table = runs({0.0: 0.5, 0.1: 0.6}, spread=0.0)
    table["val_rmse"] = 3.5e7 + table.l1
    first = printed(table).splitlines()
    assert first[1].split()[-2:] == ["rmse", "r2"]
    assert first[2].split()[-2:] == ["3.5e7", "0.500"]
    by_rmse = printed(table, "val_rmse")
    assert "val_rmse over l1 (across) and l2" in by_rmse and "accuracy" not in by_rmse


def exploded():
    """Return runs of which one cell's R2 is -1e20, as of networks that are about to diverge."""
    table = runs({0.0: 0.5, 0.01: 0.6, 0.1: 0.7}, spread=0.001)
    table.loc[table.l1 == 0.1, "val_r2"] = -1e20
    return table


def test_an_r2_without_end_leaves_the_others_their_shades():
    text = printed(exploded(), "val_r2")
    row = next(line for line in text.splitlines() if line.startswith("0 "))
    assert "<" in row and len(set(row.split(maxsplit=1)[1]) & set("·░▒▓█")) >= 2
    assert "-1 [··░░▒▒▓▓██] 0.5" in text and "< less, down to -1e20" in text


def test_an_r2_without_end_leaves_the_others_the_axis():
    ax = Figure((4.8, 3.6)).add_subplot()
    results.path(exploded(), "val_r2", ax=ax)
    assert ax.get_ylim() == (-1, pytest.approx(1.075))
    (mark,) = (child for child in ax.get_children() if child.get_gid() == "beyond")
    assert mark.get_xydata()[:, 1].tolist() == [0] and mark.get_marker() == "v"
    assert mark.get_label() == "beyond the axis, to -1e20"
    ax.figure.canvas.draw()
    legend = ax.get_legend().get_window_extent()
    assert legend.x0 >= 0 and legend.x1 <= ax.figure.bbox.x1
    calm = Figure().add_subplot()
    results.path(runs({0.0: 0.5, 0.1: 0.6}), "val_r2", ax=calm)
    assert calm.get_ylim()[0] > 0


def test_a_map_of_r2_says_how_far_it_goes_below_its_scale():
    ax = Figure().add_subplot()
    table = exploded()
    both = pd.concat([table, table.assign(l2=0.1, run=table.run + len(table))])
    results.heatmap(both, "val_r2", ax=ax)
    assert ax.collections[0].get_clim() == (-1, 0.5)
    bar = ax.figure.axes[-1]
    assert [text.get_text() for text in bar.texts if text.get_gid() == "beyond"] == ["to -1e20"]
