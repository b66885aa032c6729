"""What is chosen stands in the page's address: a link, or a page that is loaded anew, shows it."""

import re

import numpy as np

from results.cells.notes import alike
from results.cells.summary import summary
from tests.results.grids import log, table
from tests.results.visiting import expect, pick, says, shown_rows, told

HEADS = "[...document.querySelectorAll('#head button')].map((e) => e.textContent)"


def heads(page):
    return page.evaluate(HEADS)


def seen(page):
    """All that the address stands for."""
    controls = page.evaluate(
        "['metric', 'layer', 'seed', 'view', 'axis', 'filter'].map((id) => $(id).value)"
    )
    return controls, told(page), shown_rows(page), heads(page), says(page, "map-says")


def ready(page):
    expect(page.locator("body")).to_have_attribute("data-ready", "yes")


def test_a_page_that_is_loaded_anew_shows_the_same(opened):
    page = opened(table(log(8), log(7), seeds=3, lr=(0.01, 0.1)))
    start, start_url = seen(page), page.url
    assert "#" not in start_url
    pick(page, "metric", "sparsity")
    pick(page, "layer", "w2")
    pick(page, "seed", 1)
    pick(page, "view", "none")
    pick(page, "axis", 2)
    page.evaluate("choose(17)")
    page.locator("#filter").fill("l1 > 1e-4 l2 >= 0")
    page.locator("summary").click()
    page.locator("#chooser input[value=seeds]").check()
    page.locator("#chooser input[value=final_loss_from_none]").uncheck()
    place = next(i for i, key in enumerate(heads(page)) if key == "sparsity_from_none")
    page.locator("#head button").nth(place).click()
    page.locator("#next").click()
    chosen = seen(page)
    assert all(one != other for one, other in zip(start, chosen, strict=True))
    expect(page).to_have_url(re.compile("row=50"))
    page.reload()
    ready(page)
    assert seen(page) == chosen
    address = page.url
    assert address.startswith(start_url)
    page.evaluate("location.hash = 'metric=nothing&columns=none&at.l1=7&sort=-no&seed=x&row=1e9'")
    expect(page.locator("#metric")).to_have_value("val_loss")
    assert seen(page) == start
    page.goto(address)
    expect(page.locator("#metric")).to_have_value("sparsity")
    assert seen(page) == chosen


def test_columns_are_chosen_and_the_header_stays(opened):
    runs = table(log(8), log(7), seeds=3, noise=0.1)
    cells = summary(runs)
    page = opened(runs)
    page.locator("summary").click()
    boxes = page.locator("#chooser input")
    boxes.evaluate_all("(all) => all.forEach((box) => box.checked && box.click())")
    for key in ("val_loss", "alike", "rank"):
        page.locator(f"#chooser input[value={key}]").check()
    assert heads(page) == ["rank ▲", "val_loss", "alike"]
    wanted = np.where(alike(cells), "yes", "no")
    ranks = cells["rank_val_loss"].to_numpy(int)
    for rank, _, word in shown_rows(page):
        assert word == wanted[ranks == int(rank)][0]
    page.locator("#filter").fill("alike = yes")
    assert len(shown_rows(page)) == (wanted == "yes").sum() > 1
    page.locator("#filter").fill("")
    frame, name = page.locator(".tall"), page.locator("#head th").first
    frame.evaluate("(node) => { node.scrollTop = 300; }")
    assert abs(name.bounding_box()["y"] - frame.bounding_box()["y"]) < 2
