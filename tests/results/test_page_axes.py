"""Many axes in a real browser: lines over all of them, cells along one, a sample without a map."""

import numpy as np
import pytest

from results.cells.summary import summary
from tests.results.cells_of import drawn, grid, runs_of
from tests.results.visiting import expect, numbers, pick, says, told


def lines(page):
    """The heights of each line at each axis and at the metric, in any order, but the chosen one."""
    found = page.evaluate("$('parallel').data.filter((t) => !t.name).flatMap((t) => t.y)")
    return np.array(found, dtype=np.float64)


@pytest.mark.parametrize("table", [runs_of(grid()), runs_of(drawn(60))], ids=["grid", "sample"])
def test_each_cell_is_a_line_and_the_filter_holds_for_them(table, opened):
    page, cells = opened(table), summary(table)
    axes = 4
    assert np.isfinite(lines(page)).sum() == len(cells) * (axes + 1)
    heights = numbers(
        [page.evaluate("$('parallel').data.filter((t) => !t.name).flatMap((t) => t.customdata)")]
    )
    assert len(np.unique(heights)) == len(cells)
    page.locator("#filter").fill("hidden = 32,16, lr <= 0.01")
    expect(page.locator("#filter-says")).to_have_text("")
    some = cells[(cells["hidden"] == "32,16") & (cells["lr"] <= 0.01)]
    assert 0 < len(some) < len(cells)
    assert np.isfinite(lines(page)).sum() == len(some) * (axes + 1)
    assert f"{len(some)} of {len(some)} cells" in says(page, "parallel-says")
    page.locator("#filter").fill("hidden = 64")
    expect(page.locator("#filter-says")).to_have_text("hidden is never 64")


def test_a_sample_has_no_map_and_all_else(opened):
    table = runs_of(drawn(60))
    page, cells = opened(table, width=360), summary(table)
    assert not page.locator("#map").is_visible() and not page.locator("#path-x").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    pick(page, "axis", 2)
    names = page.evaluate("page.axes.map((axis) => axis.name)")
    x, y = (page.evaluate(f"$('along').data[0].{side}") for side in "xy")
    assert says(page, "axis-says").startswith(f"val_loss along {names[2]}, ")
    assert len(x) == 60 and sorted(y) == pytest.approx(sorted(cells["mean_val_loss"]), rel=1e-5)
    page.evaluate("choose(7)")
    assert told(page)["hidden layers"] == cells["hidden"][7]
    assert page.evaluate("$('parallel').data.at(-1).customdata[0]") == 7
