"""Which inputs, on the page: a table and lines, in which each column has one colour."""

from html import unescape

import numpy as np
import pandas as pd
import pytest

from results.colours import LINES
from results.page import report
from results.page.inputs import Inputs
from tests.results.grids import log, table
from tests.results.test_page_media import PAPER
from tests.results.test_report import TOML

#: Columns of a table: the later, the sooner a penalty drops it. The last two are alike.
NAMES = ["<b>age", *(f"column {place}" for place in range(70)), "noise", "more noise"]
PENALTIES = log(4)


def path():
    kept = 1 / (1 + np.outer(PENALTIES, np.r_[0:2000:72j, 2000]) ** 2)
    kept[3] = np.nan  # no run is done there
    told = pd.DataFrame(
        {
            "l1": PENALTIES.repeat(len(NAMES)),
            "feature": NAMES * 4,
            "runs": 5,
            "kept": kept.ravel(),
            "weight": 2 * kept.ravel(),
            "importance": np.tile(np.r_[0.3, -0.1, 0.2, np.zeros(69), 0.1], 4),
        }
    )
    half = 0.05 + told["importance"].abs()
    told["low_importance"] = told["importance"] - half
    told["high_importance"] = told["importance"] + half
    return told.assign(selected=told["kept"] >= 0.75)


def inputs(**changes):
    told = {"path": path(), "along": "l1", "chosen": PENALTIES[2], "threshold": 0.75}
    return Inputs(**told | {"title": "here: 5 runs.", "notes": ["Kept: so & so."]} | changes)


@pytest.fixture
def opened(visit, tmp_path):
    def open_(shown, **options):
        (tmp_path / "sweep.toml").write_text(TOML)
        return visit(report.write(tmp_path, table(PENALTIES, log(3)), inputs=shown), **options)

    return open_


def test_the_table_has_the_most_important_first_without_a_script(opened):
    page = opened(inputs(), script=False)
    rows = page.locator(".inputs tbody tr")
    shown = [row.split("\t") for row in rows.all_inner_texts()]
    expected = (
        path().query("l1 == @PENALTIES[2]").sort_values(["importance", "kept"], ascending=False)
    )
    assert [row[1].strip() for row in shown] == expected["feature"].head(20).tolist()
    assert [row[0].strip() == "*" for row in shown] == expected["selected"].head(20).tolist()
    assert shown[0][3:] == ["0.3 ± 0.35", "1.00", "2"]
    assert f"And {len(NAMES) - 20} more" in page.locator("main").inner_text()
    assert page.locator("#inputs-path").is_hidden()
    places = np.array([_places(spread) for spread in rows.locator(".spread").all()])
    told = expected[["low_importance", "importance", "high_importance"]].head(20).to_numpy()
    zero, *drawn = places.T
    scale = (places[0, 3] - zero[0]) / told[0, 2]
    np.testing.assert_allclose(np.transpose(drawn), zero[0] + scale * told, atol=0.11)
    assert len({*zero}) == 1 and places.min() >= 0 and 50 < np.ptp(places) <= 100


def _places(spread):
    """Where no importance is, and the low end, the mean and the high end of one, in per cent."""
    lines, circle = spread.locator("line"), spread.locator("circle")
    found = [lines.nth(0).get_attribute("x1"), lines.nth(1).get_attribute("x1")]
    found += [circle.get_attribute("cx"), lines.nth(1).get_attribute("x2")]
    return [float(place.rstrip("%")) for place in found]


@pytest.mark.parametrize(("width", "dark"), [(1200, "light"), (360, "dark")])
def test_each_has_one_colour_and_its_line_is_the_share_kept(width, dark, opened):
    page = opened(inputs(), width=width, colours=dark)
    traces = page.evaluate(
        "$('inputs-path').data.map((t) => [t.name, t.line.color, t.showlegend, t.y, t.x])"
    )
    drawn = {unescape(name): rest for name, *rest in traces}
    assert len(drawn) == 60 and "noise" not in drawn
    named = [name for name, (_, legend, *_) in drawn.items() if legend]
    assert named == NAMES[:6] and [drawn[name][0] for name in named] == [*LINES[:6]]
    shares = path().pivot(index="l1", columns="feature", values="kept")
    for name, (_, _, y, x) in drawn.items():
        assert y[1] is None and x[1] is None  # 0 is apart
        np.testing.assert_allclose(np.array([y[0], *y[2:]], float), shares[name], atol=6e-5)
    swatches = page.evaluate(
        "[...document.querySelectorAll('.inputs tbody th')].map((th) =>"
        " [th.textContent, th.firstChild.style.background])"
    )
    for name, background in swatches:
        assert rgb(background) == drawn.get(name, [LINES[-1]])[0]
    dotted = page.evaluate("$('inputs-path').layout.shapes[1].x0")
    assert dotted == page.evaluate("page.axes[X].at[2]")
    assert "grey: 54 other columns, without the 13" in page.locator("#inputs-says").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.emulate_media(media="print")
    page.set_viewport_size({"width": PAPER, "height": 1000})
    edges = "(e) => e.getBoundingClientRect().right"
    for part in (".inputs", "#inputs-path .main-svg >> nth=0"):
        assert page.locator(part).evaluate(edges) <= PAPER


def rgb(colour):
    return "#" + "".join(f"{int(part):02x}" for part in colour.strip("rgb()").split(","))


def test_without_a_path_or_an_importance_there_is_what_there_is(opened):
    bare = (
        path()
        .query("l1 == 0")
        .assign(importance=np.nan, low_importance=np.nan, high_importance=np.nan)
    )
    page = opened(inputs(path=bare, along=None, chosen=None))
    assert page.locator("#inputs-path").count() == 0 and page.locator(".spread").count() == 0
    assert page.locator(".inputs thead").inner_text().split() == [
        "*", "column", "of", "the", "data", "kept", "weight",
    ]  # fmt: skip


def test_one_value_of_the_penalty_has_no_line():
    one = inputs(path=path()[lambda told: told["l1"] == PENALTIES[2]])
    assert one.lines is None and inputs().lines is not None and len(one.table["rows"]) == 20


def test_a_name_is_no_template_where_the_mouse_is(opened):
    name = "p%{x}&amp;{{7*7}}"
    page = opened(inputs(path=path().replace({"feature": {NAMES[0]: name}})))
    page.locator("#inputs-path").scroll_into_view_if_needed()
    shown = page.evaluate(
        "(() => { const n = $('inputs-path').data.findIndex((t) => t.name.startsWith('p%'));"
        " Plotly.Fx.hover('inputs-path', [{ curveNumber: n, pointNumber: 0 }]);"
        " return $('inputs-path').querySelector('.hovertext').textContent; })()"
    )
    assert shown.startswith(name)


def test_where_it_is_not_known_a_sentence_says_so(opened):
    page = opened("Not known: <try> --features keep.", script=False)
    assert page.get_by_text("Not known: <try> --features keep.").is_visible()
    assert page.locator(".inputs").count() == 0
