"""The report on numbers as a browser shows it: R2 without end, and what the best cell predicts."""

import re

import numpy as np
import pytest
from matplotlib.figure import Figure

from results.page import report
from results.page.predicted import Predicted
from results.pictures.predictions import predictions
from results.pictures.style import drawn, style
from tests.results.test_of_numbers import exploded
from tests.results.test_report import TOML
from tests.results.visiting import colours, legend, marked, pick, says


@pytest.fixture
def page(visit, tmp_path):
    """Open the page about numbers, ranked by R2, with a picture of predictions."""

    def open_(script=True):
        (tmp_path / "sweep.toml").write_text(TOML)
        random = np.random.default_rng(0)
        parts = {"50 rows held out": tuple(random.normal(size=(2, 50, 1)))}
        with style():
            figure = predictions(["price"], [None], parts, "d", "seed 1")
        assert isinstance(figure, Figure)
        shown = Predicted(drawn(figure, "png"), "Predicted <against> true.")
        path = report.write(tmp_path, exploded(), by="r2", predicted=shown)
        return visit(path, script=script)

    return open_


def test_an_r2_without_end_is_below_the_scale_and_the_axes(page):
    opened = page()
    places = np.sort(colours(opened).ravel())
    assert places[0] == 0 and places[-1] == 1 and 0.9 < places[1] < 1
    assert "beyond the scale, down to -1e20" in legend(opened)
    for chart in ("path-x", "pareto"):
        below = marked(opened, "below, down to -1e20", chart)
        assert len(below) == 1 and -1.2 < below[0][1] <= 0.5
    pick(opened, "view", "none")
    assert "val_r2" in says(opened, "map-says")


@pytest.mark.parametrize("script", [True, False])
def test_predictions_are_a_picture_that_needs_no_script(page, script):
    opened = page(script)
    picture = opened.locator("img.picture")
    assert picture.get_attribute("alt") == "Predicted <against> true."
    assert re.match("data:image/png;base64,", picture.get_attribute("src"))
    assert picture.evaluate("(node) => node.naturalWidth") == 1600
    box = picture.bounding_box()
    assert box["width"] > 500 and box["x"] + box["width"] <= 1200
