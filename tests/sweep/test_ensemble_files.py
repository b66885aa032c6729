"""Several networks as one model: the mean of what each says, as a file, in onnxruntime, pruned."""

import dataclasses
import io

import numpy as np
import onnxruntime
import pandas as pd
import pytest

from sweep import Ensemble, load_model
from sweep.errors import InputError
from sweep.models.header import EnsembleHeader
from tests.sweep.test_model_files import FORMATS, TEXTS, X, build, build_filling, refused
from tests.sweep.test_model_outputs import X as ROWS
from tests.sweep.test_model_outputs import of_answers, of_numbers

TIMES = (3, 1, 2)


def of_classes(classes=TEXTS):
    """Build an ensemble whose members differ in all that members may differ in."""
    one = build(classes, widths=(4, 6, 5, 3))
    other = dataclasses.replace(
        build_filling("quantile", seed=4), activation="leaky_relu", hyper={"leak": 0.2}
    )
    linear = build(classes, seed=5, widths=(2, 3))
    few = {name: getattr(one, name)[:2] for name in ("inputs", "mean", "scale")}
    linear = dataclasses.replace(linear, **few, activation="tanh")
    members = [one, dataclasses.replace(other, classes=classes), linear]
    return Ensemble(members, TIMES, {"data": "d", "val_loss": 0.1 + 0.2})


def made(kind):
    """Build an ensemble, and rows to predict."""
    if kind == "class":
        return of_classes(), X
    if kind == "answers":
        members = [of_answers(), of_answers((4, 3, 2)), of_answers((4, 2))]
    else:  # rates of counts, or numbers whose units differ from member to member
        one, *others = (of_numbers(kind, widths) for widths in ((4, 6, 5, 2), (4, 2), (4, 3, 2)))
        unit = one.unit._replace(scale=one.unit.scale * 3)
        members = [one, *(dataclasses.replace(other, unit=unit) for other in others)]
    return Ensemble(members, TIMES, {"data": "d"}), ROWS


def mean_of(ensemble, rows):
    each = np.stack([member.outputs(rows) for member in ensemble.members])
    return np.average(each, axis=0, weights=ensemble.times)


KINDS = ("class", "answers", "squared", "poisson")


@pytest.mark.parametrize("kind", KINDS)
def test_it_says_the_mean_of_what_its_members_say(kind):
    ensemble, rows = made(kind)
    said = ensemble.outputs(rows)
    np.testing.assert_allclose(said, mean_of(ensemble, rows), rtol=1e-14)
    np.testing.assert_allclose(ensemble.weights, [1 / 2, 1 / 6, 1 / 3])
    if kind == "class":
        assert ensemble.predict(rows).tolist() == [TEXTS[i] for i in said.argmax(axis=1)]
        assert ensemble.inputs.tolist() == [0, 2, 3, 5]
        frame = pd.DataFrame({"a": rows[:, 0], "b": rows[:, 4], "=": rows[:, 5], "hue": "y"})
        coded = rows * [1, 0, 0, 0, 1, 1] + [0, 0, 1, 0, 0, 0]
        np.testing.assert_array_equal(ensemble.predict(frame), ensemble.predict(coded))
    elif kind == "answers":
        assert (ensemble.predict(rows)[:, 0] == np.where(said[:, 0] > 0.5, "yes", "no")).all()
    else:
        np.testing.assert_array_equal(ensemble.predict(rows), said)
        with pytest.raises(InputError, match="numbers, which have no probabilities"):
            ensemble.predict_proba(rows)


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize("kind", KINDS)
def test_it_is_saved_and_read_back(tmp_path, ending, kind):
    ensemble, rows = made(kind)
    path = tmp_path / f"model.{ending}"
    ensemble.save(path)
    loaded = load_model(path)
    np.testing.assert_array_equal(loaded.outputs(rows), ensemble.outputs(rows))
    assert (loaded.times, loaded.trained_on) == (TIMES, ensemble.trained_on)
    assert str(loaded) == str(ensemble)
    for mine, theirs in zip(loaded.members, ensemble.members, strict=True):
        np.testing.assert_array_equal(mine.parameters, theirs.parameters)
        assert (mine.widths, mine.activation, mine.hyper, mine.loss, mine.targets) == (
            *(theirs.widths, theirs.activation, theirs.hyper, theirs.loss, theirs.targets),
        )
    first = path.read_bytes()
    loaded.save(path)
    assert path.read_bytes() == first


@pytest.mark.parametrize("kind", KINDS)
def test_onnxruntime_says_the_same(tmp_path, kind):
    ensemble, rows = made(kind)
    ensemble.save(tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    *label, said = session.run(None, {"X": rows})
    np.testing.assert_allclose(said, ensemble.outputs(rows), rtol=1e-11, atol=1e-12)
    if kind == "class":
        assert label[0].tolist() == ensemble.predict(rows).tolist()
    assert bool(label) == (kind in ("class", "answers"))


def test_pruned_it_says_the_same(tmp_path):
    ensemble = of_classes()
    ensemble.members[0].parameter("w1")[:, 1] = ensemble.members[0].parameter("w2")[:, 2:4] = 0
    pruned = ensemble.prune()
    assert pruned.members[0].widths == (3, 4, 5, 3) and pruned.times == TIMES
    np.testing.assert_array_equal(pruned.outputs(X), ensemble.outputs(X))
    said = "ensemble of 3 networks (3 shapes, such as 3-4-5-3): "
    assert str(pruned).startswith(said) and "to 3 classes; trained on d" in str(pruned)


def signed(header, arrays):
    """Write an ensemble that nothing damaged, whatever it says."""
    header.sha256 = header.digest(arrays)
    file = io.BytesIO()
    np.savez(file, regsweep=np.array(header.text()), **arrays)
    return file.getvalue()


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("none", None),
        ("an array more", "its arrays are not those of a network"),
        ("an array of a member that there is not", "its arrays are not those of a network"),
        ("an array less", "its arrays are not those of a network"),
        ("another kind", "its parts do not fit together"),
        ("classes of another", "its parts do not fit together"),
        ("not picked", "is no model of ours, or damaged"),
        ("no members", "is no model of ours, or damaged"),
        ("too many members", "is no model of ours, or damaged"),
    ],
)
def test_what_is_of_no_ensemble_is_refused(tmp_path, change, problem):
    ensemble = of_classes()
    headers = [member.header() for member in ensemble.members]
    arrays = {
        f"{place}_{name}": array
        for place, member in enumerate(ensemble.members)
        for name, array in member.arrays().items()
    }
    header = EnsembleHeader.of(headers, TIMES, {})
    if change == "an array more":
        arrays["0_w9"] = np.ones(1)
    elif change == "an array of a member that there is not":
        arrays["3_w1"] = np.ones((3, 4))
    elif change == "an array less":
        del arrays["2_b1"]
    elif change == "another kind":
        of_number = of_numbers(widths=(4, 2), targets=of_numbers().targets)
        header.members[1].loss, header.members[1].widths = "squared", [4, 2]
        arrays = {name: array for name, array in arrays.items() if name[0] != "1"}
        arrays |= {f"1_{name}": array for name, array in of_number.arrays().items()}
    elif change == "classes of another":
        header.classes = [*TEXTS[:2], TEXTS[0]]
    elif change == "not picked":
        header.members[0].times = 0
    elif change == "no members":
        header.members = []
    elif change == "too many members":
        header.members *= 400
    (tmp_path / "model.npz").write_bytes(signed(header, arrays))
    if problem is None:
        np.testing.assert_array_equal(
            load_model(tmp_path / "model.npz").outputs(X), ensemble.outputs(X)
        )
    else:
        assert problem in refused(tmp_path / "model.npz")


@pytest.mark.parametrize("ending", FORMATS)
def test_a_changed_bit_is_noticed(tmp_path, ending):
    path = tmp_path / f"model.{ending}"
    of_classes().save(path)
    data = bytearray(path.read_bytes())
    weight = of_classes().members[1].parameters[:1].tobytes()
    data[data.index(weight)] ^= 1
    path.write_bytes(bytes(data))
    refused(path)
