"""Pictures of predictions: each row where it belongs, and said what is not shown."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from sklearn.metrics import confusion_matrix

import results
from results.pictures.predictions import predictions
from results.pictures.style import style

random = np.random.default_rng(0)
TRUE = {"held out": random.normal(100, 30, 80), "test": random.normal(100, 30, 40)}
SAID = {rows: 50 + values / 2 + random.normal(0, 5, len(values)) for rows, values in TRUE.items()}


@pytest.fixture
def ax():
    return Figure().add_subplot()


def child(ax, name):
    (found,) = (one for one in ax.get_children() if one.get_gid() == name)
    return found


def handles(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_each_row_is_a_point_against_the_truth(ax):
    results.predicted(TRUE, SAID, ax=ax)
    for rows, values in TRUE.items():
        np.testing.assert_array_equal(
            child(ax, rows).get_xydata(), np.stack([values, SAID[rows]], axis=1)
        )
    line = child(ax, "equal").get_xydata()
    assert (line[:, 0] == line[:, 1]).all() and ax.get_xlim() == ax.get_ylim() == tuple(line[:, 0])
    every = np.concatenate([*TRUE.values(), *SAID.values()])
    assert line.min() < every.min() and line.max() > every.max()
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("true", "predicted")


def test_residuals_are_what_predictions_lack(ax):
    results.residuals(TRUE, SAID, ax=ax)
    for rows, values in TRUE.items():
        expected = np.stack([SAID[rows], values - SAID[rows]], axis=1)
        np.testing.assert_array_equal(child(ax, rows).get_xydata(), expected)
    assert (child(ax, "equal").get_ydata() == 0).all()
    assert ax.get_ylabel() == "true - predicted"


@pytest.mark.parametrize("draw", [results.predicted, results.residuals])
@pytest.mark.parametrize("far", [1e30, -1e30, np.inf])
def test_what_is_far_off_leaves_room_for_the_others(draw, far, ax):
    said = SAID | {"test": np.where(np.arange(40) == 7, far, SAID["test"])}
    draw(TRUE, said, ax=ax)
    assert max(map(abs, (*ax.get_xlim(), *ax.get_ylim()))) < 500
    assert len(child(ax, "test").get_xydata()) == 39
    (edge,) = child(ax, "test beyond").get_xydata()
    assert np.isfinite(edge).all() and ax.get_ylim()[0] <= edge[1] <= ax.get_ylim()[1]
    assert child(ax, "test beyond").get_label() == "test: beyond the axes"


def test_all_the_same_is_drawn_too(ax):
    results.predicted({"held out": np.full(3, 5.0)}, {"held out": np.full(3, 5.0)}, ax=ax)
    assert ax.get_xlim()[0] < 5 < ax.get_xlim()[1]


@pytest.mark.parametrize("classes", [3, 12, 20])
def test_a_confusion_counts_rows_and_their_share_of_the_class(classes, ax):
    truth, said = random.integers(0, classes - 1, (2, 300))  # none is of the last
    results.confusion(truth, said, [f"c{i}" for i in range(classes)], ax=ax)
    counts = confusion_matrix(truth, said, labels=range(classes))
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    np.testing.assert_allclose(ax.images[0].get_array(), shares)
    texts = {tuple(map(round, text.get_position())): text.get_text() for text in ax.texts}
    if classes == 20:
        assert not texts
        return
    for row, column in np.ndindex(classes - 1, classes):
        share = f"\n{100 * shares[row, column]:.3g}\N{NO-BREAK SPACE}%" if classes == 3 else ""
        assert texts[column, row] == f"{counts[row, column]}{share}"
    assert not [place for place in texts if place[1] == classes - 1], "0 of 0 is no share"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted", "true")


def test_many_classes_are_named_as_far_as_there_is_room(ax):
    truth = np.arange(100)
    results.confusion(truth, truth, [f"$class of long name {i:02}" for i in range(100)], ax=ax)
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert len(names) <= 24 and names[:2] == [r"\$class …ame 00", r"\$class …ame 05"]
    ax.figure.savefig("/dev/null", format="png")


def several(count, parts=("80 rows held out",)):
    return {
        rows: (random.normal(size=(80, count)), random.normal(size=(80, count))) for rows in parts
    }


def drawn(figure):
    return [ax for ax in figure.axes if ax.get_label() != "<colorbar>"]


@pytest.mark.parametrize(("count", "panels", "left"), [(1, 2, 0), (3, 6, 0), (4, 8, 0), (7, 8, 3)])
def test_numbers_have_two_panels_a_target_and_say_which_are_left_out(count, panels, left):
    names = [f"y{i}$" for i in range(count)]
    parts = several(count, ("80 rows held out", "9 rows of the test part"))
    figure = predictions(names, [None] * count, parts, "houses", "l1 = 0, seed 1, run 7")
    assert len(figure.axes) == panels
    heading = figure.get_suptitle().replace("\n", " ")
    assert heading.startswith("houses: predicted against true, l1 = 0, seed 1, run 7")
    assert heading.endswith(f", without {left} further targets") == bool(left)
    assert handles(figure) == ["predicted = true", *parts]
    if count == 1:
        assert figure.axes[0].get_xlabel() == r"true y0\$"
    else:
        shown = [ax.get_title() for ax in figure.axes[: panels // 2]]
        assert shown == [rf"y{i}\$" for i in range(panels // 2)]
    figure.savefig("/dev/null", format="png")


def test_what_the_legend_says_stays_in_the_picture():
    truth, said = several(2)["80 rows held out"]
    far = np.full_like(said, 1e20)
    parts = {"3,200,000 rows held out": (truth, far), "800,000 rows of the test part": (truth, far)}
    with style():
        figure = predictions(["y0", "y1"], [None, None], parts, "houses", "l1 = 0")
        figure.canvas.draw()
    box = figure.legends[0].get_window_extent()
    assert box.x0 >= 0 and box.x1 <= figure.bbox.x1 and len(handles(figure)) == 5


def test_classes_have_a_confusion_for_each_part():
    truth, said = random.integers(0, 3, (2, 90, 1))
    parts = {"90 rows held out": (truth, said), "40 rows of the test part": (truth[:40], said[:40])}
    figure = predictions(["class"], [("a", "b", "c")], parts, "iris", "seed 1")
    held, test = drawn(figure)[:2]
    assert held.get_title() == "90 rows held out"
    counts = confusion_matrix(truth[:40, 0], said[:40, 0])
    np.testing.assert_allclose(test.images[0].get_array(), counts / counts.sum(1, keepdims=True))
    assert figure.get_suptitle() == "iris: confusion, seed 1"
    assert (held.get_xlabel(), held.get_ylabel()) == ("predicted class", "true class")


def test_answers_have_a_confusion_for_each_target():
    truth, said = random.integers(0, 2, (2, 90, 5))
    levels = [("no", "yes")] * 5
    figure = predictions(list("abcde"), levels, {"90 rows held out": (truth, said)}, "d", "seed 1")
    shown = drawn(figure)[:4]
    assert [ax.get_title() for ax in shown] == [f"{name}, 90 rows held out" for name in "abcd"]
    assert figure.get_suptitle().endswith("without 1 further target")
    counts = confusion_matrix(truth[:, 2], said[:, 2])
    np.testing.assert_allclose(
        shown[2].images[0].get_array(), counts / counts.sum(1, keepdims=True)
    )
