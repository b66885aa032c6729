"""The report in a real browser: its controls do what they say, and nothing is complained of."""

import re

import numpy as np
import pytest

import results
from results.cells import best as best_of
from results.cells.summary import summary
from results.page import report
from tests.results.grids import ORDERS, log, table
from tests.results.rows import Fake
from tests.results.visiting import Visit, drawn, expect, pick, shown_rows, told


@pytest.mark.parametrize(
    ("script", "heard"),
    [
        ("console.error('wrong', 3)", "wrong 3"),
        ("console.warn('careful')", "careful"),
        ("throw new Error('thrown')", "thrown"),
        ("Promise.reject(new Error('left alone'))", "left alone"),
        ("new Image().src = 'none.png'", "ERR_FILE_NOT_FOUND"),
        ("fetch('file:none').catch(() => 0)", "Content Security Policy"),
        ("new Image().src = 'http://127.0.0.1:9/x.png'", "http://127.0.0.1:9/x.png"),
    ],
)
def test_whatever_a_page_complains_of_or_asks_for_is_noted(script, heard, browser, tmp_path):
    policy = "<meta http-equiv=Content-Security-Policy content='connect-src data:'>"
    (tmp_path / "x.html").write_text(
        f"{policy}<body data-ready=yes><script>console.log('all is well'); {script}</script>"
    )
    visit = Visit(browser, tmp_path / "x.html", 800)
    for _ in range(400):
        if any(heard in noted for noted in visit.complaints + visit.requests):
            break
        visit.page.wait_for_timeout(50)
    complaints, abroad = visit.end()
    assert any(heard in noted for noted in complaints + abroad)
    assert not any("all is well" in noted for noted in complaints)


def test_the_controls_choose_metric_layer_seed_and_difference(opened):
    runs = table(log(5), log(4), seeds=3, noise=0.02)
    page = opened(runs)

    def means(metric, some=runs):
        return some.pivot_table(metric, "l2", "l1", "mean").to_numpy()

    np.testing.assert_allclose(drawn(page), means("val_loss"), rtol=1e-5)
    pick(page, "metric", "sparsity")
    np.testing.assert_allclose(drawn(page), means("sparsity"), rtol=1e-5)
    assert page.evaluate("$('layer').disabled") is False
    pick(page, "layer", "w3")
    np.testing.assert_allclose(drawn(page), means("sparsity_w3"), rtol=1e-5)
    pick(page, "metric", "val_accuracy")
    assert page.evaluate("$('layer').disabled") is True
    pick(page, "seed", 1)
    one = runs[runs.seed == 1]
    np.testing.assert_allclose(drawn(page), means("val_accuracy", one), rtol=1e-5)
    pick(page, "view", "none")
    wanted = means("val_accuracy", one) - means("val_accuracy", one)[0, 0]
    np.testing.assert_allclose(drawn(page), wanted, rtol=1e-3, atol=1e-6)
    pick(page, "seed", "mean")
    wanted = means("val_accuracy") - means("val_accuracy")[0, 0]
    np.testing.assert_allclose(drawn(page), wanted, rtol=1e-3, atol=1e-6)


def test_axes_off_the_map_are_chosen_by_slices(opened):
    runs = table(log(3), log(3), seeds=2, lr=(0.01, 0.1))
    page = opened(runs)
    some = runs[runs.lr == 0.1]
    page.evaluate(
        "(() => { const select = document.querySelector('select[data-axis]'); select.value = 1;"
        "select.onchange(); })()"
    )
    wanted = some.pivot_table("val_loss", "l2", "l1", "mean")
    np.testing.assert_allclose(drawn(page), wanted, rtol=1e-5)
    assert told(page)["learning rate"] == "0.1"


def test_the_map_is_used_by_keys_and_by_the_pointer(opened):
    runs = table(log(5), log(4), seeds=3)
    cells = summary(runs)
    page = opened(runs)
    best = results.best(cells).iloc[0]
    assert float(told(page)["L1 penalty"]) == pytest.approx(best.l1, rel=1e-3)
    page.evaluate("$('map').focus()")
    for _ in range(6):
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowDown")
    assert (told(page)["L1 penalty"], told(page)["L2 penalty"]) == ("0", "0")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    found = told(page)
    assert float(found["L2 penalty"]) == pytest.approx(log(4)[1], rel=1e-3)
    cell = cells[(cells.l1 == log(5)[1]) & (cells.l2 == log(4)[1])].iloc[0]
    mean, half = found["val_loss"].split(" ± ")
    assert float(mean) == pytest.approx(cell.mean_val_loss, rel=1e-3)
    assert float(half) == pytest.approx(cell.high_val_loss - cell.mean_val_loss, rel=0.06)
    page.evaluate("$('map').scrollIntoView()")
    box = page.evaluate(
        "(({ left, top, width, height }) => [left, top, width, height])"
        "($('map').querySelector('.nsewdrag').getBoundingClientRect())"
    )
    x, y = box[0] + 0.9 * box[2], box[1] + 0.1 * box[3]
    page.mouse.move(x, y)
    expect(page.locator("#tip")).to_be_visible()
    assert page.evaluate("$('tip').textContent").startswith("l1 = 0.1, l2 = 0.1\n")
    page.mouse.click(x, y)
    expect(page.locator("#details")).to_contain_text("L1 penalty0.1")
    page.evaluate("$('to-sparsest').click()")
    sparsest = results.best(cells, "one-se").iloc[0]
    assert float(told(page)["L1 penalty"]) == pytest.approx(sparsest.l1, rel=1e-3, abs=1e-9)


def test_the_table_sorts_filters_and_turns_its_pages(opened):
    cells = summary(table(log(8), log(7), seeds=2, noise=0.05))
    page = opened(table(log(8), log(7), seeds=2, noise=0.05))
    first = shown_rows(page)
    assert len(first) == 50 and [row[0] for row in first] == [str(i) for i in range(1, 51)]
    page.evaluate("$('next').click()")
    assert page.evaluate("$('range').textContent") == "51 to 56 of 56"
    assert page.evaluate("$('next').disabled") is True
    heads = page.evaluate(
        "[...document.querySelectorAll('#head button')].map((e) => e.textContent)"
    )
    place = next(i for i, text in enumerate(heads) if text == "sparsity")
    for direction in (False, True):  # more of it is better
        page.evaluate(f"document.querySelectorAll('#head button')[{place}].click()")
        shown = [float(row[place].split(" ± ")[0]) for row in shown_rows(page)]
        wanted = cells.mean_sparsity.sort_values(ascending=direction)[:50]
        np.testing.assert_allclose(shown, wanted, rtol=1e-3)
    sorts = page.evaluate("[...document.querySelectorAll('#head th')].map((e) => e.ariaSort)")
    assert sorts.count("ascending") == 1
    page.evaluate("$('filter').focus()")
    page.keyboard.insert_text("l1 <= 0.001 and sparsity > 0.1, l2>0")
    wanted = cells[(cells.l1 <= 0.001) & (cells.mean_sparsity > 0.1) & (cells.l2 > 0)]
    assert 0 < len(wanted) < 20
    assert len(shown_rows(page)) == len(wanted)
    page.evaluate("$('filter').value = 'speed > 3'; $('filter').oninput()")
    assert "no column speed; there are rank, l1, l2" in page.evaluate(
        "$('filter-says').textContent"
    )
    assert page.evaluate("$('filter').getAttribute('aria-invalid')") == "true"
    page.evaluate("$('filter').value = ''; $('filter').oninput()")
    page.evaluate("document.querySelector('#rows button').click()")
    assert page.evaluate("document.querySelector('#rows tr').className") == "chosen"


def test_orders_of_a_path_are_words(opened):
    runs = table(log(5), log(4), seeds=2, path=ORDERS)
    page = opened(runs)
    assert told(page)["order of the path"] == "up"
    page.evaluate(
        "(() => { const select = document.querySelector('select[data-axis]'); select.value = 1;"
        "select.onchange(); })()"
    )
    assert told(page)["order of the path"] == "down"
    wanted = runs[runs.path == "down"].pivot_table("val_loss", "l2", "l1", "mean")
    np.testing.assert_allclose(drawn(page), wanted, rtol=1e-5)
    page.evaluate("$('filter').value = 'path = cold and l1 < 0.001'; $('filter').oninput()")
    assert {row[3] for row in shown_rows(page)} == {"cold"} and len(shown_rows(page)) == 8
    page.evaluate("$('filter').value = 'path > down'; $('filter').oninput()")
    assert page.evaluate("$('range').textContent") == "1 to 20 of 20"
    for text in ("path > 3", "l1 = down"):
        page.evaluate(f"$('filter').value = '{text}'; $('filter').oninput()")
        assert " is never " in page.evaluate("$('filter-says').textContent")
    page.evaluate("$('filter').value = ''; $('filter').oninput()")
    for first in ("cold", "up"):
        page.evaluate("document.querySelectorAll('#head button')[3].click()")
        assert {row[3] for row in shown_rows(page)[:20]} == {first}


def test_where_one_penalty_varies_the_map_has_a_row_for_each_order(opened):
    runs = table(log(5), (0.0,), seeds=2, path=ORDERS)
    page = opened(runs)
    wanted = runs.pivot_table("val_loss", "path", "l1", "mean")
    np.testing.assert_allclose(drawn(page), wanted, rtol=1e-5)
    labels = "[...document.querySelectorAll('#map .ytick text')].map((e) => e.textContent)"
    assert sorted(page.evaluate(labels)) == [*ORDERS]
    assert page.evaluate("$('path-y').parentElement.hidden") is True


def test_paths_and_the_front_are_those_of_the_table(opened):
    runs = table(log(6), log(4), seeds=3, noise=0.02)
    cells = summary(runs)
    page = opened(runs)
    best = results.best(cells).iloc[0]
    pick(page, "metric", "val_accuracy")
    line = cells[cells.l2 == best.l2].mean_val_accuracy
    y = page.evaluate("$('path-x').data.filter((t) => t.name).map((t) => [...t.y])")
    np.testing.assert_allclose(sorted(y, key=len)[0], line[:1], rtol=1e-5)
    np.testing.assert_allclose(sorted(y, key=len)[1], line[1:], rtol=1e-5)
    front = page.evaluate("$('pareto').data[1].customdata")
    assert front == best_of.front(*cells[["mean_sparsity", "mean_val_loss"]].to_numpy().T).tolist()


def test_learning_curves_are_drawn_from_the_history(visit, tmp_path):
    Fake(l1=(0.0, 0.1), seeds=(1, 2, 3)).run(tmp_path / "d", history=True)
    runs = results.load(tmp_path / "d")
    page = visit(report.write(tmp_path / "d", runs), width=1000)
    lines = page.evaluate("$('curves').data.filter((t) => t.name).map((t) => [t.name, [...t.y]])")
    past = results.load_history(tmp_path / "d")
    best = results.best(runs).iloc[0]
    some = past[(past.l1 == best.l1) & (past.l2 == best.l2)]
    wanted = some.groupby("epoch").train_loss.mean()
    np.testing.assert_allclose(lines[0][1], wanted, rtol=1e-5)
    assert lines[0][0].startswith("train_loss, l1 = ")
    folded = page.evaluate("folded('val_loss, l1 = 0.1, l2 = 0, hidden = <32>,16', 120)")
    assert folded == "val_loss,<br>l1 = 0.1, l2 = 0,<br>hidden = &#60;32&#62;,16"


def test_every_picture_has_a_title_and_a_description(visit, tmp_path):
    Fake(l1=(0.0, 0.1), seeds=(1, 2)).run(tmp_path / "d", history=True)
    page = visit(report.write(tmp_path / "d", results.load(tmp_path / "d")))
    charts = page.locator(".chart:has(svg)")
    assert charts.count() >= 3
    for chart in charts.all():
        assert chart.get_attribute("aria-label")
        told = chart.get_attribute("aria-describedby").split()
        assert all(page.locator(f"#{name}").inner_text() for name in told)


def test_the_keyboard_reaches_everything_and_shows_where_it_is(opened):
    page = opened(table())
    page.evaluate("document.body.focus()")
    seen = []
    for _ in range(60):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
        assert page.evaluate(
            "document.activeElement === document.body ||"
            " getComputedStyle(document.activeElement).outlineStyle !== 'none'"
        )
    assert {"metric", "seed", "view", "map", "to-best", "filter", "BUTTON", "A"} <= set(seen)


@pytest.mark.parametrize("width", [320, 390, 800, 1600])
def test_nothing_sticks_out_of_any_screen(opened, width):
    page = opened(table(log(9), log(9), seeds=2), width=width)
    pick(page, "metric", "sparsity")
    pick(page, "view", "none")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_dark_mode_is_dark_and_can_be_read(opened):
    def luminance(colour):
        parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
        parts = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    page = opened(table())
    for dark in (False, True):
        page.emulate_media(color_scheme="dark" if dark else "light")
        style = "getComputedStyle(document.body)"
        ground = luminance(page.evaluate(f"{style}.backgroundColor"))
        assert (ground < 0.05) is dark
        for node in (
            "document.body",
            "document.querySelector('.soft')",
            "document.querySelector('a')",
        ):
            ink = luminance(page.evaluate(f"getComputedStyle({node}).color"))
            light, low = max(ink, ground), min(ink, ground)
            assert (light + 0.05) / (low + 0.05) >= 4.5
        wanted = page.evaluate(f"{style}.color")
        expect(page.locator("#path-x .xtitle").first).to_have_css("fill", wanted)


@pytest.mark.parametrize(
    "odd",
    [
        table((0.0,), log(5)),
        table((0.0,), (0.0,), seeds=1),
        table(log(3), log(2), held_out=False, data="article"),
        table(log(3), log(2), diverged=range(29)),
        table((0.1, 0.2), (0.3, 0.4), seeds=2),
        table(data="<b>&amp;\"'", vary={"<i>x": (0.0, 1.0)}),
    ],
    ids=["a row", "one cell", "article", "one run left", "all have penalties", "strange names"],
)
def test_odd_tables_make_pages_that_work_too(opened, odd):
    page = opened(odd)
    pick(page, "view", "none")
    pick(page, "metric", "sparsity")
    page.evaluate("$('map').focus()")
    page.keyboard.press("ArrowRight")
    assert told(page)


def test_a_strangers_axis_is_text_on_the_map_too(opened):
    page = opened(table((0.0,), (0.0,), vary={"<b>x</b>": (0.0, 1.0)}))
    title = "document.querySelector('#map .xtitle')"
    assert page.evaluate(f"{title}.textContent") == "<b>x</b>"
    assert told(page)["<b>x</b>"] in ("0", "1")
