"""What a model is judged by: every figure is scikit-learn's, intervals are the bootstrap's."""

import numpy as np
import pytest
from sklearn import metrics
from sklearn.calibration import calibration_curve

from results.cells.intervals import wilson
from sweep.data.counts import effective
from sweep.data.dataset import Variable
from sweep.models.evaluating import curves, resampling
from sweep.models.evaluating.evaluation import as_data, of_rows
from sweep.models.evaluating.scores import fitting, scores
from sweep.models.evaluating.truth import Rows

RANDOM = np.random.RandomState(3)
WEIGHT = RANDOM.uniform(0.5, 3, 60)

#: The kind of rows, and how many outputs a model has.
KINDS = [("class", 2), ("class", 4), ("answers", 3), ("numbers", 1), ("numbers", 2)]


def rows_of(kind, outputs, weight=WEIGHT, loss=None):
    """Make rows whose predictions know something of what is true."""
    random = np.random.RandomState(outputs)
    n, losses = len(weight), {"class": "cross_entropy", "answers": "logistic", "numbers": "squared"}
    noise = random.normal(size=(n, outputs))
    if kind == "class":
        truth = np.concatenate([np.arange(outputs), random.randint(outputs, size=n - outputs)])
        logits = noise + np.eye(outputs)[truth]
        said = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        targets = (Variable("which", tuple("dcba"[:outputs])),)
        truth = truth[:, None].astype(float)
    elif kind == "answers":
        truth = (random.normal(size=(n, outputs)) > 0.3).astype(float)
        said = 1 / (1 + np.exp(1 - 2 * truth - noise))
        targets = tuple(Variable(f"q{i}", ("no", "yes")) for i in range(outputs))
    else:
        truth = random.poisson(3, size=(n, outputs)).astype(float)
        said = abs(truth + noise) + 0.1
        targets = tuple(Variable(f"n{i}") for i in range(outputs))
    everyone = np.arange(n)
    return Rows(kind, loss or losses[kind], targets, truth, said, weight, everyone, everyone)


def known(name, truth, p, weight):
    """Return what scikit-learn says of the classes of one target, p (rows, classes)."""
    said, options, two = p.argmax(axis=1), {"sample_weight": weight}, p.shape[1] == 2
    if name == "accuracy":
        return metrics.accuracy_score(truth, said, **options)
    if name == "balanced_accuracy":
        return metrics.balanced_accuracy_score(truth, said, **options)
    if name == "f1":
        return metrics.f1_score(truth, said, average="binary" if two else "macro", **options)
    if name == "log_loss":
        return metrics.log_loss(truth, p, labels=range(p.shape[1]), **options)
    each = range(p.shape[1]) if p.shape[1] > 2 else [1]
    if name == "brier":
        return sum(metrics.brier_score_loss(truth == c, p[:, c], **options) for c in each)
    return np.mean([metrics.roc_auc_score(truth == c, p[:, c], **options) for c in each])


OF_NUMBERS = {
    "rmse": metrics.root_mean_squared_error,
    "r2": metrics.r2_score,
    "mae": metrics.mean_absolute_error,
    "deviance": metrics.mean_poisson_deviance,
}


def expected(rows, name):
    """Return what scikit-learn says: the mean over the targets, but accuracy is of whole rows."""
    if rows.kind == "numbers":
        each = zip(rows.truth.T, rows.said.T, strict=True)
        return np.mean([OF_NUMBERS[name](y, p, sample_weight=rows.weight) for y, p in each])
    if name == "accuracy" and rows.kind == "answers":
        said = rows.said > 0.5
        return metrics.accuracy_score(rows.truth.astype(bool), said, sample_weight=rows.weight)
    return np.mean([known(name, q.labels, q.p, rows.weight) for q in rows.questions])


def taken(rows, which):
    """Return some of the rows, in an order, some of them several times."""
    names = ("truth", "said", "weight", "groups", "places")
    return rows._replace(**{name: getattr(rows, name)[which] for name in names})


def of(table, question, place):
    """Return the rows of a table that are of a class."""
    here = (table["target"] == question.target) & (table["class"] == question.classes[place])
    return table[here]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("kind", "outputs"), KINDS)
def test_metrics_are_scikit_learns(kind, outputs, weighted):
    loss = "poisson" if kind == "numbers" else None
    rows = rows_of(kind, outputs, WEIGHT if weighted else np.ones(60), loss)
    table = of_rows(rows, None, fitting(rows.loss), 0).tables["metrics"]
    assert len(table) == len(fitting(rows.loss)) * (1 if len(rows.targets) == 1 else outputs + 1)
    for one in table.itertuples():
        place = [target.name for target in rows.targets].index(one.target) if one.target else None
        own = rows.alone(place) if kind != "class" and one.target else rows
        # Sums of 60 terms in another order.
        assert one.value == pytest.approx(expected(own, one.metric), rel=1e-12, abs=1e-13)


@pytest.mark.parametrize(("kind", "outputs"), KINDS[:3])
def test_confusions_and_curves_are_scikit_learns(kind, outputs):
    rows = rows_of(kind, outputs)
    tables = of_rows(rows, None, ["auc"], 0).tables
    judged = {"class": "dcba"[:outputs] if outputs > 2 else "c", "answers": ["yes"]}[kind]
    assert set(tables["curves"]["class"]) == set(tables["calibration"]["class"]) == set(judged)
    for question in rows.questions:
        own = tables["confusion"].query("target == @question.target")
        counts = metrics.confusion_matrix(question.labels, question.named)
        assert list(own.rows) == counts.ravel().tolist()
        share = metrics.confusion_matrix(question.labels, question.named, normalize="true")
        np.testing.assert_allclose(own.share, share.ravel(), rtol=1e-15)
        for place in question.shown:
            of_class = question.labels == place
            points = of(tables["curves"], question, place)
            roc, both = (points.query("kind == @kind") for kind in ("roc", "precision_recall"))
            p, weight = question.p[:, place], {"sample_weight": rows.weight}
            area = metrics.roc_auc_score(of_class, p, **weight)
            assert np.trapezoid(roc.y, roc.x) == pytest.approx(area, rel=1e-12)
            steps = -(np.diff(both.x) * both.y.to_numpy()[:-1]).sum()
            assert steps == pytest.approx(metrics.average_precision_score(of_class, p, **weight))
            at = roc.iloc[len(roc) // 2]
            reached = of_class & (p >= at.threshold)
            assert at.y == pytest.approx(rows.weight[reached].sum() / rows.weight[of_class].sum())


@pytest.mark.parametrize(("kind", "outputs"), KINDS[:3])
def test_calibration_is_scikit_learns(kind, outputs):
    rows = rows_of(kind, outputs, np.ones(60))
    found = curves.calibration(rows)
    errors = []
    for question in rows.questions:
        of_each = []
        for place in question.shown:
            own = of(found.table, question, place)
            p, of_class = question.p[:, place], question.labels == place
            share, predicted = calibration_curve(of_class, p, n_bins=curves.BINS)
            np.testing.assert_allclose(own.share, share, rtol=1e-13)
            np.testing.assert_allclose(own.predicted, predicted, rtol=1e-13)
            assert own.rows.sum() == 60 and (own.bin_low <= own.predicted).all()
            ends = [wilson(s, n) for s, n in zip(own.share, own.rows, strict=True)]
            np.testing.assert_allclose(own[["low", "high"]], ends, rtol=1e-13)
            of_each.append((own.rows * abs(own.share - own.predicted)).sum() / 60)
        errors.append(np.mean(of_each))
    assert found.error == pytest.approx(np.mean(errors), rel=1e-12)


def test_weights_count_as_rows_would_in_calibration():
    times = RANDOM.randint(1, 4, 60)
    rows = rows_of("class", 3, times.astype(float))
    every = np.repeat(np.arange(60), times)
    longer = taken(rows, every)._replace(weight=np.ones(len(every)))
    one, other = curves.calibration(rows), curves.calibration(longer)
    assert one.error == pytest.approx(other.error, rel=1e-12)
    same = ["predicted", "share", "low", "high"]
    np.testing.assert_allclose(one.table[same], other.table[same], rtol=1e-12)
    assert one.by_luck > 0 and np.isnan(other.by_luck), (
        "rows of one group are no draws of their own"
    )


def test_right_probabilities_are_rarely_told_to_be_wrong():
    random, told = np.random.RandomState(0), []
    for _ in range(20):
        rows = rows_of("class", 2, np.ones(80))
        p = random.uniform(size=80)
        rows = rows._replace(said=np.stack([1 - p, p], axis=1))
        truth = (random.uniform(size=80) < p).astype(float)[:, None]
        found = curves.calibration(rows._replace(truth=truth))
        worse = curves.calibration(rows._replace(truth=1 - truth))
        told.append((found.error > found.by_luck, worse.error > worse.by_luck))
    wrongly, rightly = np.mean(told, axis=0)
    assert wrongly <= 0.25 and rightly == 1  # 1 in 20 is meant; 6 of 20 have the probability 3e-4


@pytest.mark.parametrize(("kind", "outputs"), KINDS)
def test_a_resample_is_its_rows_again_and_again(kind, outputs, monkeypatch):
    rows, names = rows_of(kind, outputs), fitting(rows_of(kind, outputs).loss)
    values = scores(rows, names, rows.weight[None])[:, 0]
    found = resampling.resampled(rows, names, values, 100)
    for resample, weight in enumerate(np.concatenate(list(resampling.weightings(rows, 3)))):
        drawn = np.rint(weight / rows.weight).astype(int)
        assert drawn.sum() == 60
        again = np.repeat(np.arange(60), drawn)
        naive = [expected(taken(rows, again), name) for name in names]
        np.testing.assert_allclose(found.values[:, resample], naive, rtol=1e-12)
    ends = np.quantile(found.values, [0.025, 0.975], axis=1)
    if "accuracy" in names:
        ends[:, 0] = wilson(values[0], effective(rows.weight, rows.groups))
    np.testing.assert_allclose([found.low, found.high], ends, rtol=1e-14)
    monkeypatch.setattr(resampling, "_ROOM", 60 * 7 * outputs)  # a few at a time: the same draws
    again = resampling.resampled(rows, names, values, 100)
    np.testing.assert_allclose(again.values, found.values, rtol=1e-14)


def test_rows_of_one_group_are_drawn_together():
    rows = rows_of("numbers", 1)
    four = np.repeat(np.arange(60), 4)
    each = rows, taken(rows, four)._replace(places=np.arange(240))
    one, other = (of_rows(some, None, ["rmse"], 200).tables["metrics"] for some in each)
    np.testing.assert_allclose(one[["low", "high"]], other[["low", "high"]], rtol=1e-12)


def test_intervals_hold_what_is_true():
    """Of samples of normal errors, whose mean size is known, the intervals hold it in 95 %."""
    random, held = np.random.RandomState(1), []
    rows = rows_of("numbers", 1, np.ones(60))
    for _ in range(150):
        own = rows._replace(said=rows.truth + random.normal(size=(60, 1)))
        found = resampling.resampled(own, ["mae"], np.zeros(1), 100)
        held.append(found.low[0] <= np.sqrt(2 / np.pi) <= found.high[0])
    # Percentiles of 60 rows are a little narrow; of 0.94 it is below 0.88 with probability 2e-3.
    assert 0.88 <= np.mean(held) < 1


@pytest.mark.parametrize(("kind", "outputs"), KINDS)
def test_the_baseline_is_told_beside_it(kind, outputs):
    rows = rows_of(kind, outputs)
    guess = {"class": np.full(outputs, 1 / outputs), "answers": np.full(outputs, 0.4)}
    guess = guess.get(kind, rows.truth.mean(axis=0))
    names = fitting(rows.loss)
    table = of_rows(rows, guess, names, 100).tables["metrics"]
    blind = rows._replace(said=np.tile(guess, (60, 1)))
    for one in table.itertuples():
        whole = one.target is None or len(rows.targets) == 1
        place = 0 if whole else [target.name for target in rows.targets].index(one.target)
        own = blind if whole else blind.alone(place)
        assert one.baseline == pytest.approx(expected(own, one.metric), rel=1e-12)
        model = (rows if whole else rows.alone(place))._replace(weight=rows.weight)
        weights = np.concatenate(list(resampling.weightings(model, 100)))
        apart = scores(model, [one.metric], weights) - scores(own, [one.metric], weights)
        ends = np.quantile(apart, [0.025, 0.975])
        np.testing.assert_allclose([one.low_from_baseline, one.high_from_baseline], ends)


def test_what_is_no_better_is_said():
    rows = rows_of("class", 2, np.ones(60))
    shares = np.bincount(rows.truth[:, 0].astype(int)) / 60
    worse = rows._replace(said=rows.said[:, ::-1])
    notes = of_rows(worse, shares, ["log_loss", "accuracy"], 100).notes
    assert any("The model is no better than class shares of its training part in log_loss (" in t
               and "accuracy (" in t for t in notes)  # fmt: skip
    told = of_rows(rows, shares, ["log_loss"], 100)
    better = told.tables["metrics"].high_from_baseline[0] < 0
    assert better != any("may be no better" in text for text in told.notes)
    assert not any("is no better" in text for text in told.notes)


def test_what_is_not_defined_is_said_and_is_none_in_json():
    rows = rows_of("class", 3, np.ones(60))
    rows = taken(rows, rows.truth[:, 0] < 2)
    found = of_rows(rows, None, fitting("cross_entropy"), 100)
    assert "auc is not defined: no row has 'b' as 'which'." in found.notes
    auc = next(one for one in as_data(found)["metrics"] if one["metric"] == "auc")
    assert auc["value"] is None and auc["low"] is None and auc["resamples"] == 0
    assert set(found.tables["curves"]["class"]) == {"d", "c"}
    one = of_rows(rows_of("numbers", 1, np.ones(1)), None, ["r2", "mae"], 100)
    assert any(text.startswith("r2 is not defined") for text in one.notes)
    assert any(text.startswith("mae is the same in all resamples") for text in one.notes)


def test_resamples_that_lack_a_class_are_left_out_and_counted():
    rows = rows_of("class", 2, np.ones(60))
    rare = np.zeros((60, 1))
    rare[0] = 1
    found = of_rows(rows._replace(truth=rare), None, ["auc"], 200)
    defined = int(found.tables["metrics"].resamples[0])
    assert 100 < defined < 155  # 1 - 1/e of 200 is 126, give or take 4 deviations
    assert f"auc is not defined in {200 - defined} resamples that lack a class: left out." in (
        found.notes
    )
