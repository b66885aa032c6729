"""The report in a real browser: its controls do what they say, and nothing is complained of."""

import json
import re

import numpy as np
import pytest

import results
from results.cells.summary import summary
from results.page import pagedata, report
from tests.results.browser import CHROMIUM, Browser
from tests.results.grids import ORDERS, log, table
from tests.results.rows import Fake
from tests.results.test_report import made


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed: apt-get install chromium")
    with Browser(tmp_path_factory.mktemp("profile")) as found:
        yield found


@pytest.fixture
def opened(browser, tmp_path):
    """Open the page about a table, and see at the end that it had nothing to complain of."""

    def open_(runs, width=1200, dark=False):
        browser.complaints.clear()
        browser.requests.clear()
        browser.dark(dark)
        browser.resize(width)
        browser.open(made(tmp_path / "d", runs))
        browser.wait("document.body.dataset.ready === 'yes'")
        return browser

    yield open_
    assert browser.complaints == []
    assert [
        url for url in browser.requests if not url.startswith(("file:", "data:", "blob:"))
    ] == []


def pick(browser, control, value):
    browser.run(
        f"$('{control}').value = {json.dumps(str(value))};"
        f"$('{control}').dispatchEvent(new Event('change', {{bubbles: true}}))"
    )


def drawn(browser):
    """The map as the browser drew it: values as they are in the colours, by ``[y, x]``."""
    z = browser.run("$('map').data[0].z")
    return np.array([[np.nan if value is None else value for value in row] for row in z])


def told(browser):
    """The chosen cell's figures."""
    keys = browser.run("[...document.querySelectorAll('#details dt')].map((e) => e.textContent)")
    values = browser.run("[...document.querySelectorAll('#details dd')].map((e) => e.textContent)")
    return dict(zip(keys, values, strict=True))


def shown_rows(browser):
    return browser.run(
        "[...document.querySelectorAll('#rows tr')].map((row) =>"
        " [...row.cells].slice(1).map((cell) => cell.textContent))"
    )


def test_the_controls_choose_metric_layer_seed_and_difference(opened):
    runs = table(log(5), log(4), seeds=3, noise=0.02)
    browser = opened(runs)

    def means(metric, some=runs):
        return some.pivot_table(metric, "l2", "l1", "mean").to_numpy()

    np.testing.assert_allclose(drawn(browser), means("val_loss"), rtol=1e-5)
    pick(browser, "metric", "sparsity")
    np.testing.assert_allclose(drawn(browser), means("sparsity"), rtol=1e-5)
    assert browser.run("$('layer').disabled") is False
    pick(browser, "layer", "w3")
    np.testing.assert_allclose(drawn(browser), means("sparsity_w3"), rtol=1e-5)
    pick(browser, "metric", "val_accuracy")
    assert browser.run("$('layer').disabled") is True
    pick(browser, "seed", 1)
    one = runs[runs.seed == 1]
    np.testing.assert_allclose(drawn(browser), means("val_accuracy", one), rtol=1e-5)
    pick(browser, "view", "none")
    wanted = means("val_accuracy", one) - means("val_accuracy", one)[0, 0]
    np.testing.assert_allclose(drawn(browser), wanted, rtol=1e-3, atol=1e-6)
    pick(browser, "seed", "mean")
    wanted = means("val_accuracy") - means("val_accuracy")[0, 0]
    np.testing.assert_allclose(drawn(browser), wanted, rtol=1e-3, atol=1e-6)


def test_axes_off_the_map_are_chosen_by_slices(opened):
    runs = table(log(3), log(3), seeds=2, lr=(0.01, 0.1))
    browser = opened(runs)
    some = runs[runs.lr == 0.1]
    browser.run(
        "(() => { const select = document.querySelector('select[data-axis]'); select.value = 1;"
        "select.onchange(); })()"
    )
    wanted = some.pivot_table("val_loss", "l2", "l1", "mean")
    np.testing.assert_allclose(drawn(browser), wanted, rtol=1e-5)
    assert told(browser)["learning rate"] == "0.1"


def test_the_map_is_used_by_keys_and_by_the_pointer(opened):
    runs = table(log(5), log(4), seeds=3)
    cells = summary(runs)
    browser = opened(runs)
    best = results.best(cells).iloc[0]
    assert float(told(browser)["L1 penalty"]) == pytest.approx(best.l1, rel=1e-3)
    browser.run("$('map').focus()")
    for _ in range(6):
        browser.press("ArrowLeft")
        browser.press("ArrowDown")
    assert (told(browser)["L1 penalty"], told(browser)["L2 penalty"]) == ("0", "0")
    browser.press("ArrowRight")
    browser.press("ArrowUp")
    found = told(browser)
    assert float(found["L2 penalty"]) == pytest.approx(log(4)[1], rel=1e-3)
    cell = cells[(cells.l1 == log(5)[1]) & (cells.l2 == log(4)[1])].iloc[0]
    mean, half = found["val_loss"].split(" ± ")
    assert float(mean) == pytest.approx(cell.mean_val_loss, rel=1e-3)
    assert float(half) == pytest.approx(cell.high_val_loss - cell.mean_val_loss, rel=0.06)
    browser.run("$('map').scrollIntoView()")
    box = browser.run(
        "(({ left, top, width, height }) => [left, top, width, height])"
        "($('map').querySelector('.nsewdrag').getBoundingClientRect())"
    )
    x, y = box[0] + 0.9 * box[2], box[1] + 0.1 * box[3]
    browser.tell("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
    browser.wait("!$('tip').hidden")
    assert browser.run("$('tip').textContent").startswith("l1 = 0.1, l2 = 0.1\n")
    for kind in ("mousePressed", "mouseReleased"):
        browser.tell("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
    browser.wait("$('details').textContent.includes('L1 penalty0.1')")
    browser.run("$('to-sparsest').click()")
    sparsest = results.best(cells, "one-se").iloc[0]
    assert float(told(browser)["L1 penalty"]) == pytest.approx(sparsest.l1, rel=1e-3, abs=1e-9)


def test_the_table_sorts_filters_and_turns_its_pages(opened):
    cells = summary(table(log(8), log(7), seeds=2, noise=0.05))
    browser = opened(table(log(8), log(7), seeds=2, noise=0.05))
    first = shown_rows(browser)
    assert len(first) == 20 and [row[0] for row in first] == [str(i) for i in range(1, 21)]
    browser.run("$('next').click(); $('next').click()")
    assert browser.run("$('range').textContent") == "41 to 56 of 56"
    assert browser.run("$('next').disabled") is True
    heads = browser.run("[...document.querySelectorAll('#head button')].map((e) => e.textContent)")
    place = next(i for i, text in enumerate(heads) if text == "sparsity")
    for direction in (True, False):
        browser.run(f"document.querySelectorAll('#head button')[{place}].click()")
        shown = [float(row[place].split(" ± ")[0]) for row in shown_rows(browser)]
        wanted = cells.mean_sparsity.sort_values(ascending=direction)[:20]
        np.testing.assert_allclose(shown, wanted, rtol=1e-3)
    sorts = browser.run("[...document.querySelectorAll('#head th')].map((e) => e.ariaSort)")
    assert sorts.count("descending") == 1
    browser.run("$('filter').focus()")
    browser.tell("Input.insertText", text="l1 <= 0.001 and sparsity > 0.1, l2>0")
    wanted = cells[(cells.l1 <= 0.001) & (cells.mean_sparsity > 0.1) & (cells.l2 > 0)]
    assert 0 < len(wanted) < 20
    assert len(shown_rows(browser)) == len(wanted)
    browser.run("$('filter').value = 'speed > 3'; $('filter').oninput()")
    assert "no column speed; there are rank, l1, l2" in browser.run("$('filter-says').textContent")
    assert browser.run("$('filter').getAttribute('aria-invalid')") == "true"
    browser.run("$('filter').value = ''; $('filter').oninput()")
    browser.run("document.querySelector('#rows button').click()")
    assert browser.run("document.querySelector('#rows tr').className") == "chosen"


def test_orders_of_a_path_are_words(opened):
    runs = table(log(5), log(4), seeds=2, path=ORDERS)
    browser = opened(runs)
    assert told(browser)["order of the path"] == "up"
    browser.run(
        "(() => { const select = document.querySelector('select[data-axis]'); select.value = 1;"
        "select.onchange(); })()"
    )
    assert told(browser)["order of the path"] == "down"
    wanted = runs[runs.path == "down"].pivot_table("val_loss", "l2", "l1", "mean")
    np.testing.assert_allclose(drawn(browser), wanted, rtol=1e-5)
    browser.run("$('filter').value = 'path = cold and l1 < 0.001'; $('filter').oninput()")
    assert {row[3] for row in shown_rows(browser)} == {"cold"} and len(shown_rows(browser)) == 8
    browser.run("$('filter').value = 'path > down'; $('filter').oninput()")
    assert browser.run("$('range').textContent") == "1 to 20 of 20"
    for text in ("path > 3", "l1 = down"):
        browser.run(f"$('filter').value = '{text}'; $('filter').oninput()")
        assert " is never " in browser.run("$('filter-says').textContent")
    browser.run("$('filter').value = ''; $('filter').oninput()")
    for first in ("cold", "up"):
        browser.run("document.querySelectorAll('#head button')[3].click()")
        assert {row[3] for row in shown_rows(browser)} == {first}


def test_where_one_penalty_varies_the_map_has_a_row_for_each_order(opened):
    runs = table(log(5), (0.0,), seeds=2, path=ORDERS)
    browser = opened(runs)
    wanted = runs.pivot_table("val_loss", "path", "l1", "mean")
    np.testing.assert_allclose(drawn(browser), wanted, rtol=1e-5)
    labels = "[...document.querySelectorAll('#map .ytick text')].map((e) => e.textContent)"
    assert sorted(browser.run(labels)) == [*ORDERS]
    assert browser.run("$('path-y').parentElement.hidden") is True


def test_paths_and_the_front_are_those_of_the_table(opened):
    runs = table(log(6), log(4), seeds=3, noise=0.02)
    cells = summary(runs)
    browser = opened(runs)
    best = results.best(cells).iloc[0]
    pick(browser, "metric", "val_accuracy")
    line = cells[cells.l2 == best.l2].mean_val_accuracy
    y = browser.run("$('path-x').data.filter((t) => t.name).map((t) => [...t.y])")
    np.testing.assert_allclose(sorted(y, key=len)[0], line[:1], rtol=1e-5)
    np.testing.assert_allclose(sorted(y, key=len)[1], line[1:], rtol=1e-5)
    front = browser.run("$('pareto').data[1].customdata")
    assert front == pagedata.front(*cells[["mean_sparsity", "mean_val_loss"]].to_numpy().T).tolist()


def test_learning_curves_are_drawn_from_the_history(browser, tmp_path):
    Fake(l1=(0.0, 0.1), seeds=(1, 2, 3)).run(tmp_path / "d", history=True)
    runs = results.load(tmp_path / "d")
    browser.complaints.clear()
    browser.resize(1000)
    browser.open(report.write(tmp_path / "d", runs))
    browser.wait("document.body.dataset.ready === 'yes'")
    lines = browser.run("$('curves').data.filter((t) => t.name).map((t) => [t.name, [...t.y]])")
    past = results.load_history(tmp_path / "d")
    best = results.best(runs).iloc[0]
    some = past[(past.l1 == best.l1) & (past.l2 == best.l2)]
    wanted = some.groupby("epoch").train_loss.mean()
    np.testing.assert_allclose(lines[0][1], wanted, rtol=1e-5)
    assert lines[0][0].startswith("train_loss, l1 = ") and browser.complaints == []


def test_the_keyboard_reaches_everything_and_shows_where_it_is(opened):
    browser = opened(table())
    browser.run("document.body.focus()")
    seen = []
    for _ in range(60):
        browser.press("Tab")
        seen.append(browser.run("document.activeElement.id || document.activeElement.tagName"))
        assert browser.run(
            "document.activeElement === document.body ||"
            " getComputedStyle(document.activeElement).outlineStyle !== 'none'"
        )
    assert {"metric", "seed", "view", "map", "to-best", "filter", "BUTTON", "A"} <= set(seen)


@pytest.mark.parametrize("width", [320, 390, 800, 1600])
def test_nothing_sticks_out_of_any_screen(opened, width):
    browser = opened(table(log(9), log(9), seeds=2), width=width)
    pick(browser, "metric", "sparsity")
    pick(browser, "view", "none")
    assert browser.run("document.documentElement.scrollWidth") <= width


def test_dark_mode_is_dark_and_can_be_read(opened):
    def luminance(colour):
        parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
        parts = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    browser = opened(table())
    for dark in (False, True):
        browser.dark(dark)
        style = "getComputedStyle(document.body)"
        ground = luminance(browser.run(f"{style}.backgroundColor"))
        assert (ground < 0.05) is dark
        for node in (
            "document.body",
            "document.querySelector('.soft')",
            "document.querySelector('a')",
        ):
            ink = luminance(browser.run(f"getComputedStyle({node}).color"))
            light, low = max(ink, ground), min(ink, ground)
            assert (light + 0.05) / (low + 0.05) >= 4.5
        wanted = browser.run(f"{style}.color")
        browser.wait(f"getComputedStyle($('path-x').querySelector('.xtitle')).fill === '{wanted}'")


@pytest.mark.parametrize(
    "odd",
    [
        table((0.0,), log(5)),
        table((0.0,), (0.0,), seeds=1),
        table(log(3), log(2), held_out=False, data="article"),
        table(log(3), log(2), diverged=range(30)),
        table((0.1, 0.2), (0.3, 0.4), seeds=2),
        table(data="<b>&amp;\"'", vary={"<i>x": (0.0, 1.0)}),
    ],
    ids=["a row", "one cell", "article", "diverged", "no cell without penalties", "strange names"],
)
def test_odd_tables_make_pages_that_work_too(opened, odd):
    browser = opened(odd)
    pick(browser, "view", "none")
    pick(browser, "metric", "sparsity")
    browser.run("$('map').focus()")
    browser.press("ArrowRight")
    assert told(browser)


def test_a_strangers_axis_is_text_on_the_map_too(opened):
    browser = opened(table((0.0,), (0.0,), vary={"<b>x</b>": (0.0, 1.0)}))
    title = "document.querySelector('#map .xtitle')"
    assert browser.run(f"{title}.textContent") == "<b>x</b>"
    assert told(browser)["<b>x</b>"] in ("0", "1")
