"""The report holds what is chosen in all its parts, and tells unequal cells apart."""

import re

import numpy as np
import pytest

import results
from results.cells.best import front
from results.cells.summary import summary
from results.colours import LINES
from results.labels import place
from results.page import pagedata
from results.scale import Scale
from tests.results.grids import log, table
from tests.results.visiting import (
    colours,
    drawn,
    legend,
    marked,
    pick,
    says,
    shown_rows,
    told,
)


def raced(**options):
    """A table over 6 x 3 cells of which two reach the last of three rungs, and others stop."""
    runs = table(log(6), log(3), seeds=2, **options)
    rung = np.where(runs.l1 == log(6)[3], 2, np.where(runs.l1 > log(6)[3], 0, 1))
    rung[(runs.l2 > 0.05).to_numpy() & (rung == 2)] = 0
    return runs.assign(rung=rung, epochs=np.array([3, 9, 27])[rung])


def exploded(by=2e39, cells=1):
    """A table whose last cells have a loss beyond 32-bit floats, all else 0.25 to 0.29."""
    runs = table(log(6), log(5), seeds=3)
    spread = runs.val_loss.rank(pct=True)
    bad = runs.l1 * 1e3 + runs.l2
    worst = np.unique(bad)[-cells:]
    loss = np.where(bad.isin(worst), by * (1 + spread), 0.25 + 0.04 * spread)
    return runs.assign(val_loss=loss, final_loss=loss, train_loss=loss)


def test_a_seed_holds_for_every_part_of_the_page(opened):
    runs = table(log(5), log(4), seeds=4, noise=0.3)
    runs["sparsity"] *= 1 - 0.02 * runs.seed
    page = opened(runs)
    places = set()
    for seed in (3, 1, 2):
        one = runs[runs.seed == seed].reset_index()
        lowest = one.loc[one.val_loss.idxmin()]
        pick(page, "seed", seed)
        star = [[list(log(5)).index(lowest.l1), list(log(4)).index(lowest.l2)]]
        places.add(str(star))
        assert marked(page, "lowest val_loss") == star
        assert "sparsest within 1 SE" not in legend(page)
        (at,) = marked(page, "lowest val_loss", "pareto")
        np.testing.assert_allclose(at, lowest[["sparsity", "val_loss"]].astype(float), rtol=1e-5)
        assert page.evaluate("$('to-sparsest').disabled") is True
        page.evaluate("$('to-best').click()")
        found = told(page)
        assert (found["L1 penalty"], found["L2 penalty"]) == (
            place(lowest.l1, log(5)),
            place(lowest.l2, log(4)),
        )
        for metric, key in (("val_loss", "val_loss"), ("final_loss", "final_loss"),
                            ("val_accuracy", "val_accuracy (share)")):  # fmt: skip
            assert float(found[key]) == pytest.approx(lowest[metric], rel=1e-3)
        assert found["rank by val_loss"] == "1"
        ordered = one.sort_values("val_loss")
        shown = [float(row[4]) for row in shown_rows(page)]
        np.testing.assert_allclose(shown, ordered.val_loss, rtol=1e-3)
        line = one[one.l2 == lowest.l2].sort_values("l1")
        lines = page.evaluate("$('path-x').data.filter((t) => t.name).flatMap((t) => [...t.y])")
        np.testing.assert_allclose(sorted(lines), sorted(line.val_loss), rtol=1e-5)
        edge = page.evaluate("$('pareto').data.find((t) => t.name === 'Pareto front').y")
        wanted = one.val_loss[front(one.sparsity.to_numpy(), one.val_loss.to_numpy())]
        np.testing.assert_allclose(edge, wanted, rtol=1e-5)
        for node in ("map-says", "cell-says", "path-x-says", "path-y-says", "pareto-says",
                     "table-says"):  # fmt: skip
            assert f"seed {seed}" in says(page, node) and "mean" not in says(page, node)
    assert len(places) > 1  # the seeds do not agree, so that the mean would not have done
    pick(page, "seed", "mean")
    for node in ("map-says", "cell-says", "path-x-says", "path-y-says", "pareto-says",
                 "table-says"):  # fmt: skip
        assert "mean over 4 seeds" in says(page, node)
    assert "sparsest within 1 SE" in legend(page) + legend(page, "pareto")


def test_a_difference_holds_for_every_part_that_can_follow(opened):
    runs = table(log(5), log(4), seeds=3, noise=0.1)
    cells = summary(runs, ["val_loss", "final_loss", "val_accuracy", "sparsity"])
    page = opened(runs)
    pick(page, "view", "none")
    first = cells[cells.rank_val_loss == 1].iloc[0]
    found = told(page)
    assert "val_loss" not in found
    for metric in ("val_loss", "final_loss", "val_accuracy", "sparsity"):
        key = next(key for key in found if re.fullmatch(metric + r"( \(.*\))? against no .*", key))
        mean = re.match(r"[-\d.e]+", found[key]).group()
        assert float(mean) == pytest.approx(first[f"mean_{metric}_from_none"], rel=2e-3, abs=1e-9)
    heads = page.evaluate(
        "[...document.querySelectorAll('#head button')].map((e) => e.textContent)"
    )
    assert "val_loss_from_none" in heads and "val_loss" not in heads
    rows = cells.sort_values("rank_val_loss").head(20)
    at = heads.index("val_loss_from_none")
    shown = [float(re.match(r"[-\d.e]+", row[at]).group()) for row in shown_rows(page)]
    np.testing.assert_allclose(shown, rows.mean_val_loss_from_none, rtol=1e-3, atol=1e-12)
    for node in ("map-says", "cell-says", "path-x-says", "table-says"):
        assert "against no penalty" in says(page, node)
    assert "values, no differences" in says(page, "pareto-says")  # it cannot follow, and says so
    pick(page, "seed", 1)
    one = runs[runs.seed == 1]
    loss = float(one.val_loss.min() - one[(one.l1 == 0) & (one.l2 == 0)].val_loss.iloc[0])
    assert float(shown_rows(page)[0][at]) == pytest.approx(loss, rel=1e-3)
    page.evaluate("$('filter').value = 'val_loss_from_none < 0'; $('filter').oninput()")
    better = one.val_loss.to_numpy() < one[(one.l1 == 0) & (one.l2 == 0)].val_loss.iloc[0]
    assert f"of {better.sum()}," in says(page, "table-says")


def test_numbers_beyond_32_bits_are_shown_as_they_are(opened):
    runs = exploded(2e39)
    page = opened(runs)
    pick(page, "metric", "val_loss")
    page.evaluate("choose(size - 1)")
    cell = summary(runs).iloc[-1]
    mean, _, half = told(page)["val_loss"].partition(" ± ")
    assert float(mean) == pytest.approx(cell.mean_val_loss, rel=1e-3) and "e39" in mean
    assert float(half) == pytest.approx(cell.high_val_loss - cell.mean_val_loss, rel=0.06)
    pick(page, "seed", 2)
    wanted = runs[(runs.seed == 2) & (runs.l1 == 0.1) & (runs.l2 == 0.1)].val_loss.iloc[0]
    assert float(told(page)["val_loss"]) == pytest.approx(wanted, rel=1e-3)


@pytest.mark.parametrize("by", [1.1, 1e6, 2e39, 1e300])
@pytest.mark.parametrize("cells", [1, 5])
def test_bad_cells_leave_the_good_ones_their_colours(by, cells, opened):
    page = opened(exploded(by, cells))
    drawn(page)
    shown = np.sort(colours(page).ravel())
    good = shown[:-cells]
    # 0.25 to 0.29 is a fiftieth of an even scale up to 2.2, and less of any that reaches further
    assert good[-1] - good[0] > 0.15
    ticks = page.evaluate(
        "[...document.querySelectorAll('#map .cbaxis text')].map((e) => e.textContent)"
    )
    assert len(ticks) >= 3
    if by > 1e3:
        beyond = [words for words in legend(page) if words.startswith("beyond the scale, up to ")]
        top = float(beyond[0].split()[-1])
        assert top == pytest.approx(summary(exploded(by, cells)).mean_val_loss.max(), rel=1e-2)
        assert len(marked(page, beyond[0])) == cells
        assert any(text.startswith("≥ ") for text in ticks)
    pick(page, "view", "none")
    drawn(page)
    good = np.sort(colours(page).ravel())[:-cells]
    assert good[-1] - good[0] > 0.1
    pick(page, "view", "value")
    for chart in ("path-x", "path-y", "pareto"):
        labels = page.evaluate(
            f"[...document.querySelectorAll('#{chart} .ytick text')].map((e) => e.textContent)"
        )
        assert len(set(labels)) == len(labels) >= 2


def test_the_page_and_the_pictures_lay_values_out_alike(opened):
    page = opened(table(log(3), log(2), seeds=2))
    draw = np.random.default_rng(1)
    for spread in (0.01, 0.3, 1, 3, 8, 30):
        for count in (1, 2, 3, 7, 40):
            values = np.exp(spread * draw.normal(size=count)) * 10.0 ** draw.integers(-8, 8)
            values[draw.random(count) < 0.1] *= 1e9
            for metric, sign in (("val_loss", 1), ("sparsity", 1), ("val_r2", -1)):
                values *= sign * np.sign(values)
                found = page.evaluate("([values, told]) => scaleOf(values, told)",
                                      [values.tolist(), pagedata._metric(metric)])  # fmt: skip
                wanted = Scale.of(values, metric)
                assert tuple(float(found[name]) for name in Scale._fields) == tuple(wanted)
                places = page.evaluate(
                    "([scale, values]) => values.map((value) => placed(scale, value))",
                    [found, values.tolist()],
                )
                expected = [wanted.place(value) for value in values]
                np.testing.assert_allclose(places, expected, rtol=1e-9, atol=1e-12)


def test_cells_that_halving_stopped_are_no_equals(opened):
    runs = raced()
    cells = summary(runs)
    page = opened(runs)
    last = (cells.rung == 2).to_numpy().reshape(6, 3).T
    assert (np.isfinite(colours(page)) == last).all() and 0 < last.sum() < last.size
    assert {"stopped after 3 epochs", "stopped after 9 epochs"} <= set(legend(page))
    greys = page.evaluate(
        "$('map').data.filter((t) => t.type === 'heatmap').slice(1).map((t) => [t.colorscale[0][1],"
        " t.z.flat().filter((z) => z !== null).length])"
    )
    counts = [int((cells.rung == rung).sum()) for rung in (0, 1)]
    assert [count for _, count in greys] == counts and greys[0][0] != greys[1][0]
    written = page.evaluate("$('map').data.find((t) => t.mode === 'text').text")
    assert sorted(written) == ["3"] * counts[0] + ["9"] * counts[1]
    ranks = [row[0] for row in shown_rows(page)]
    assert ranks[: last.sum()] == [str(i + 1) for i in range(last.sum())]
    assert set(ranks[last.sum() :]) == {"-"}
    edge = page.evaluate("$('pareto').data.find((t) => t.name === 'Pareto front').customdata")
    assert (cells.rung[edge] == 2).all()
    line = page.evaluate(
        "$('path-x').data.filter((t) => t.name === 'val_loss').flatMap((t) => t.y)"
    )
    assert np.isfinite([np.nan if y is None else y for y in line]).sum() == 1
    page.evaluate("hover(5, 0, { clientX: 0, clientY: 0 })")
    assert page.evaluate("$('tip').textContent").endswith("\nstopped after 3 epochs")
    pick(page, "view", "none")  # the cell without penalties stopped at the second rung
    with_it = (cells.rung == 1).to_numpy().reshape(6, 3).T
    assert (np.isfinite(drawn_values(page)) == with_it).all()
    for seed in (0, 1):
        pick(page, "view", "value")
        pick(page, "seed", seed)
        page.evaluate("$('to-best').click()")
        assert told(page)["epochs"] == "27"


def drawn_values(page):
    values = page.evaluate("everyCell.map((cell) => series(metric()).value(cell))")
    found = np.array([np.nan if value is None else value for value in values])
    return found.reshape(6, 3).T


def test_a_layer_has_the_colour_that_it_has_in_pictures(opened):
    from matplotlib.colors import to_hex
    from matplotlib.figure import Figure

    runs = table(log(5), log(4), seeds=3)
    page = opened(runs)
    pick(page, "metric", "sparsity")
    for chart in ("path-x", "path-y"):
        lines = page.evaluate(
            f"Object.fromEntries($('{chart}').data.filter((t) => t.name).map((t) =>"
            " [t.name, t.line.color]))"
        )
        assert [lines[name] for name in ("w1", "w2", "w3")] == list(LINES[:3])
        assert lines["all weights"] not in LINES[:3]
    for nodes in ("#details .swatch", "#map-says .swatch", "#head .swatch"):
        pick(page, "layer", "w2" if "map" in nodes else "")
        page.locator("summary").evaluate("(node) => { node.parentElement.open = true; }")
        page.locator("#chooser input[value^=sparsity_w]:not([value$=none])").evaluate_all(
            "(boxes) => boxes.filter((box) => !box.checked).forEach((box) => box.click())"
        )
        found = page.locator(nodes).evaluate_all("(all) => all.map((one) => one.style.background)")
        inks = [to_hex([int(part) / 255 for part in re.findall(r"\d+", ink)]) for ink in found]
        wanted = [LINES[1]] if "map" in nodes else LINES[:3]
        assert inks == [ink.lower() for ink in wanted]
    ax = results.path(runs, ax=Figure().add_subplot())
    drawn_there = {line.get_gid(): line.get_color() for line in ax.lines if line.get_gid()}
    assert {name: drawn_there[name] for name in ("w1", "w2", "w3")} == {
        name: lines[name] for name in ("w1", "w2", "w3")
    }


def test_where_axes_are_held_is_said_in_full(opened):
    vary = {"l1_w1": (0.0, 1e-3), "l2_b1": (0.0, 1e-3)}
    runs = table(log(3), log(3), seeds=2, lr=(0.01, 0.1), vary=vary)
    for width in (1200, 400):
        page = opened(runs, width=width)
        held = {"l1_w1 = 0", "l2_b1 = 0", "lr = 0.01"}
        for node, more in (("map-says", set()), ("path-x-says", {"l2 = "}),
                           ("path-y-says", {"l1 = "})):  # fmt: skip
            assert all(text in says(page, node) for text in held | more)
            box = page.evaluate(f"[$('{node}').scrollWidth, $('{node}').clientWidth]")
            assert box[0] <= box[1]


def test_a_penalty_is_written_one_way_and_can_be_typed_so(opened):
    values = np.array([0.0, 0.001, 0.0031622776601683794, 0.01])
    page = opened(table(values, values[:3], seeds=2))
    texts = {"0", "0.001", "0.00316", "0.01"}
    page.evaluate("choose(2 * strides[0])")
    body = page.evaluate("document.querySelector('main').innerText")
    assert {*re.findall(r"\bl[12] = ([\w.-]*\w)", body.split("Repeat it")[0])} <= texts
    assert told(page)["L1 penalty"] == "0.00316" and "at l1 = 0.00316" in says(page, "path-y-says")
    assert {row[1] for row in shown_rows(page)} == texts
    ticks = page.evaluate(
        "[...document.querySelectorAll('#map .xtick text')].map((e) => e.textContent)"
    )
    assert set(ticks) == texts
    for text, count in (("l1 = 0.00316", 3), ("l1 <= 0.00316", 9), ("l1 > 0.00316 l2 = 0", 1)):
        page.evaluate(f"$('filter').value = '{text}'; $('filter').oninput()")
        assert f"of {count}," in says(page, "table-says")


def test_captions_count_the_seeds_of_what_is_drawn(opened):
    runs = table(log(3), log(3), seeds=4, folds=2, lr=(0.01, 1.0))
    runs = runs[(runs.seed < 2) | (runs.lr == 0.01)]
    page = opened(runs)
    top = page.locator("section[aria-labelledby=answer] > p").inner_text()
    assert "Mean over 2 to 4 seeds, each of 2 folds" in top
    for part in ("map-says", "path-x-says", "path-y-says"):
        assert "mean over 4 seeds, each of 2 folds" in says(page, part)
    assert "mean over 2 to 4 seeds" in says(page, "pareto-says")


def test_some_seeds_of_a_cell_may_be_missing(opened):
    runs = table(log(3), log(3), seeds=3)
    runs = runs[((runs.seed < 2) | (runs.l1 == 0)) & ((runs.l1 < 0.1) | (runs.l2 > 0))]
    page = opened(runs)
    assert marked(page, "no finished run") == [[2, 0]] and "no finished run" in legend(page)
    assert "mean over 2 to 3 seeds" in says(page, "map-says")
    assert told(page)["seeds in the mean"] == "3" and told(page)["runs"] == "3, 0 diverged"
    page.evaluate("choose(size - 1)")
    assert told(page)["seeds in the mean"] == "2"
    assert told(page)["rank by val_loss"] == "does not compete"


def test_what_the_page_has_no_room_for_is_said(opened, monkeypatch):
    runs = table(log(12), log(10), seeds=3)
    whole = opened(runs)
    assert says(whole, "thinned") == ""
    monkeypatch.setattr(pagedata, "CELLS", 40)
    few = opened(runs)
    shown = few.evaluate("page.shown")
    assert shown < 120 and f"{shown} of 120 cells;" in says(few, "thinned")
    metrics = few.evaluate("page.metrics.length")
    monkeypatch.setattr(pagedata, "BY_SEED", 2 * metrics * few.evaluate("size"))
    assert "and 2 of 3 seeds by themselves;" in says(opened(runs), "thinned")


def test_captions_say_what_intervals_are_for(opened):
    page = opened(table(log(4), log(3), seeds=4, rows=(80, 20)))
    top = page.locator("section[aria-labelledby=answer] > p").inner_text()
    assert top.startswith("Mean over 4 seeds; differences are paired by seed. 95 % intervals are")
    assert all("new data and other seeds" in part for part in (top, says(page, "cell-says")))
    each = "new data and other seeds; of final_loss, train_loss, train_accuracy for other seeds"
    assert f"± half of the 95 % interval or its ends, for {each}." in says(page, "table-says")
    for width in (1200, 400):  # the table is wider than its frame: what it says is not
        page.set_viewport_size({"width": width, "height": 800})
        words, frame = (
            page.locator(where).bounding_box()
            for where in ("#table-says", "section[aria-labelledby=cells] .scroll")
        )
        assert words["x"] + words["width"] <= frame["x"] + frame["width"]
    assert says(page, "path-x-says").endswith("; 95 % band, for new data and other seeds.")
    pick(page, "metric", "train_loss")
    assert says(page, "path-x-says").endswith("mean over 4 seeds; 95 % band, for other seeds.")
    pick(page, "view", "none")
    assert "; 95 % interval, for other seeds. The frame" in says(page, "map-says")
    assert "against no penalty, paired by seed" in says(page, "cell-says")
    pick(page, "seed", "2")
    for node in ("cell-says", "table-says", "path-x-says", "map-says"):
        assert "95 %" not in says(page, node), node
    assert "against no penalty, of the same seed" in says(page, "table-says")


def test_folds_of_one_seed_have_intervals_too(opened):
    page = opened(table(log(4), log(3), seeds=1, folds=5, rows=(80, 20)))
    each = "for new data, of one seed; of final_loss, train_loss, train_accuracy there are none"
    assert f"with the 95 % interval, {each}" in says(page, "cell-says")
    pick(page, "view", "none")
    assert "mean over 5 folds of seed 0, against no penalty, paired by fold" in says(
        page, "table-says"
    )
    pick(page, "metric", "train_loss")
    assert "95 %" not in says(page, "path-x-says") + says(page, "map-says")
