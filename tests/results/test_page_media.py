"""The report on paper, in the dark and without JavaScript; and that all of it can be seen."""

import itertools
import re

import numpy as np
import pytest

from results.cells.summary import summary
from results.colours import LINES
from results.page.still import ROWS
from results.scale import viridis
from tests.results.grids import log, table
from tests.results.test_page_choice import exploded, raced
from tests.results.test_report import made
from tests.results.visiting import pick

#: Paper of A4 without its margins, in pixels.
PAPER = 718

#: What fills a part of the page by itself.
BOXES = "h1, h2, h3, main p, li, figcaption, .chart .main-svg:first-child, dl, caption, tr, pre"

#: Where these are, but for what cannot be seen, and for what stands in one another.
WHERE = f"""[...document.querySelectorAll("{BOXES}")].map((node) => {{
  const box = node.getBoundingClientRect();
  return [node.tagName + "." + (node.id || node.className.baseVal || ""), box.left, box.top,
    box.right, box.bottom];
}}).filter(([, left, top, right, bottom]) => right > left && bottom > top)"""


def luminance(colour):
    if colour.startswith("#"):
        colour = " ".join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    parts = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one, other):
    low, high = sorted(map(luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def styled(page, nodes, name):
    """The computed values of a style of some nodes, each once."""
    return page.evaluate(
        f"[...new Set([...document.querySelectorAll('{nodes}')]"
        f".map((node) => getComputedStyle(node)['{name}']))]"
    )


def wide():
    """A table over six axes, with a metric that has layers."""
    vary = {"l1_w1": (0.0, 1e-3), "l2_b1": (0.0, 1e-3)}
    return table(log(3), log(3), seeds=2, lr=(0.01, 0.1), vary=vary)


@pytest.mark.parametrize("runs", [table(seeds=3), wide(), raced()], ids=["few", "wide", "raced"])
@pytest.mark.parametrize(
    ("colours", "width"), [("light", 1200), ("dark", 1200), ("light", 400), ("dark", 2000)]
)
def test_on_paper_nothing_covers_anything_and_all_is_there(runs, colours, width, opened):
    page = opened(runs, colours=colours, width=width)
    pick(page, "metric", "sparsity")
    page.emulate_media(media="print", color_scheme=colours)
    # A page that is printed is not drawn anew, as one that is resized would be.
    page.evaluate("addEventListener('resize', (e) => e.stopImmediatePropagation(), true)")
    page.set_viewport_size({"width": PAPER, "height": 1000})
    boxes = page.evaluate(WHERE)
    many = runs[["l1", "l2", "lr"]].nunique().min() > 1  # more axes than a map has: two pictures
    assert sum(name.startswith("svg") for name, *_ in boxes) == 4 + 2 * many
    for name, left, _, right, _ in boxes:
        assert left >= -1 and right <= PAPER + 1, name
    for (name, *a), (other, *b) in itertools.combinations(boxes, 2):
        across = min(a[2], b[2]) - max(a[0], b[0])
        down = min(a[3], b[3]) - max(a[1], b[1])
        assert across <= 1 or down <= 1, (name, other)
    seen = "(e) => e.checkVisibility() && !e.closest('th')"
    for kind in ("select", "input", "button"):
        assert page.evaluate(f"[...document.querySelectorAll('{kind}')].filter({seen}).length") == 0
    for (ink,) in (styled(page, ".chart .xtitle", "fill"), styled(page, "body", "color")):
        assert contrast(ink, "#ffffff") > 4.5
    assert styled(page, "body", "print-color-adjust") == ["exact"]


@pytest.mark.parametrize("name", ["plain", "raced", "exploded", "big"])
def test_without_javascript_a_map_and_a_table_are_there(name, visit, tmp_path):
    runs = {
        "plain": table(log(5), log(4), seeds=3),
        "raced": raced(),
        "exploded": exploded(),
        "big": table(log(40), log(30), seeds=2),
    }[name]
    cells = summary(runs)
    page = visit(made(tmp_path / "d", runs), script=False)
    for kind in ("select", "input", "button", ".chart", "canvas"):
        assert page.locator(kind).locator("visible=true").count() == 0
    map_, rows = page.locator("svg.still"), page.locator(".scroll table").locator("visible=true")
    matters = ["Which axes matter"] if page.locator(".bars").count() else []
    assert page.locator("h2").locator("visible=true").all_inner_texts() == [
        "The answer", *matters, "The grid", "Repeat it", "The machine", "The files",
    ]  # fmt: skip
    shown = [row.split("\t") for row in rows.locator("tbody tr").all_inner_texts()]
    first = cells.sort_values("rank_val_loss", kind="stable").head(ROWS)
    heads = rows.locator("thead th").all_inner_texts()
    losses = [float(row[heads.index("val_loss")].split()[0]) for row in shown]
    np.testing.assert_allclose(losses, first.mean_val_loss, rtol=1e-3)
    told = rows.locator("caption").inner_text()
    assert told.startswith(f"Cells 1 to {len(first)} of {len(cells):,}, by rank: mean over ")
    texts = map_.locator("text:not(.label)").all_text_contents()
    assert "★" in " ".join(texts) and "○" in " ".join(texts)
    if name == "big":
        assert "of 40 x 30 cells" in page.locator("#still-says").inner_text()
        return
    values = [float(text.split()[0]) for text in texts]
    wanted = cells.pivot_table("mean_val_loss", "l2", "l1").to_numpy()[::-1]
    np.testing.assert_allclose(values, wanted.ravel(), rtol=6e-3)
    coloured = page.evaluate(GROUNDS)
    raced_to_the_end = (cells.rung == 2) if name == "raced" else cells.rank_val_loss > 0
    ends = cells.assign(end=raced_to_the_end).pivot_table("end", "l2", "l1").to_numpy()[::-1]
    assert coloured == [bool(end) for end in ends.ravel()]
    if name == "raced":
        assert "3 epochs" in " ".join(texts)
        assert "stopped early" in page.locator("#still-says").inner_text()


def test_a_browser_too_old_to_unpack_the_script_shows_what_needs_none(opened):
    page = opened(table(log(5), log(4), seeds=3))
    page.add_init_script("delete window.DecompressionStream")
    page.reload()
    assert page.get_by_text("This browser is too old").is_visible()
    assert page.locator("svg.still").is_visible() and not page.locator("#map").is_visible()


def test_a_page_that_was_cut_shows_what_needs_no_script_and_why(visit, tmp_path):
    path = made(tmp_path / "d", table(log(3), log(2), seeds=2))
    whole = path.read_text()
    packed = whole.index('id="arrays"')
    path.write_text(whole[: packed + 100] + whole[packed + 104 :])
    page = visit(path, ready=False)
    page.get_by_text("What this page holds cannot be unpacked").wait_for()
    assert page.locator("svg.still").is_visible() and not page.locator("#map").is_visible()


GROUNDS = "[...document.querySelectorAll('.still rect')].map((e) => e.hasAttribute('fill'))"


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_texts_and_marks_stand_out(colours, opened):
    runs = table(log(6), log(6), seeds=3, diverged=[0, 40])
    page = opened(runs, colours=colours)
    pick(page, "metric", "sparsity")
    (ground,) = styled(page, "body", "backgroundColor")
    texts = ["#path-x text", "#pareto text", "#map .xtick text", "#map .cbaxis text", ".soft"]
    for nodes in (*texts, "dt", "dd", "caption", "figcaption", "a", "h2"):
        for ink in styled(page, nodes, "fill" if "text" in nodes else "color"):
            assert contrast(ink, ground) >= 4.5, nodes
    for chart in ("path-x", "path-y", "pareto"):
        lines = styled(page, f"#{chart} .js-line", "stroke")
        points = styled(page, f"#{chart} .points path", "fill")
        drawn = [ink for ink in lines + points if ink.startswith("rgb(")]
        assert len(drawn) >= 2
        for ink in drawn:
            assert contrast(ink, ground) >= 3, chart
    (behind,) = styled(page, "#map .legend .bg", "fill")
    for ink in styled(page, "#map .legend text", "fill"):
        assert contrast(ink, behind) >= 4.5
    marks = page.evaluate(
        "[...document.querySelectorAll('#map .legend .legendpoints path')].map((node) =>"
        " ['stroke', 'fill'].map((name) => getComputedStyle(node)[name]))"
    )
    for inks in marks:
        assert max(contrast(ink, behind) for ink in inks if ink.startswith("rgb(")) >= 3
    for place in np.linspace(0, 1, 50):
        colour = f"rgb{viridis(place)}"
        ink = {"black": "#000000", "white": "#ffffff"}[page.evaluate(f"inkOn({place})")]
        assert contrast(ink, colour) >= 4.4
    missing = styled(page, "#map .bglayer .bg", "fill")[0]
    assert contrast("#767676", missing) >= 3


def test_every_colour_of_lines_stands_out_from_both_grounds(opened):
    page = opened(table())
    for colours in ("light", "dark"):
        page.emulate_media(color_scheme=colours)
        (ground,) = styled(page, "body", "backgroundColor")
        for line in (*LINES, "#767676"):
            assert contrast(line, ground) >= 3


@pytest.mark.parametrize("rates", [(0.01,), (0.01, 1e6)])
def test_where_all_diverged_there_is_a_sentence_and_no_picture(rates, opened):
    runs = table(log(3), log(2), seeds=2, lr=rates, diverged=range(12 * len(rates)))
    page = opened(runs)
    said = page.locator("main").inner_text()
    assert f"All {12 * len(rates)} runs diverged" in said
    assert "try a lower learning rate than lr = 0.01" in said
    assert ("tried: 0.01, 1e6" in said) is (len(rates) > 1)
    assert "over 2 seeds?" in page.locator("h1").inner_text()
    assert page.locator("script, svg, select, table, .chart").count() == 0
    assert page.locator("h2").all_inner_texts() == [
        "The answer", "Repeat it", "The machine", "The files",
    ]  # fmt: skip
