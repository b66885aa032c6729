"""Saved models: the same after reading, the same in onnxruntime, and refused when damaged."""

import dataclasses
import io
import json
import pickle
import zipfile

import numpy as np
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits

from kernels.network import network
from results.errors import ResultsError
from sweep import Model, RegularizedMLPClassifier, load_model
from sweep.data.dataset import Variable
from sweep.errors import InputError
from sweep.models.header import Header
from tests.results import faults

FORMATS = ("npz", "safetensors", "onnx")
TEXTS = ("no", "maybe", "ünbekannt")


def build(classes=TEXTS, seed=0, widths=(4, 6, 5, 3)):
    random = np.random.RandomState(seed)
    return Model(
        widths=widths,
        parameters=random.standard_normal(network(widths).size),
        inputs=np.array([0, 2, 3, 5]),
        mean=random.standard_normal(4),
        scale=random.random_sample(4) + 0.5,
        classes=classes,
        variables=(Variable("a"), Variable("hue", ("x", "y", "ü")), Variable("b"), Variable("=")),
        specification={
            "data": "d.csv",
            "l1": [0.0, 1e-4],
            "target": None,
            "vary": [["l1_w1", [1]]],
        },
        trained_on={"rows": 7, "data": "d", "seed": 1, "val_loss": 0.1 + 0.2},
    )


X = np.random.RandomState(1).standard_normal((50, 6)) * 3


def same(mine, theirs):
    np.testing.assert_array_equal(mine.predict_proba(X), theirs.predict_proba(X))
    for field in dataclasses.fields(Model):
        found, expected = getattr(mine, field.name), getattr(theirs, field.name)
        if isinstance(expected, np.ndarray):
            np.testing.assert_array_equal(found, expected, strict=True)
        else:
            assert repr(found) == repr(expected)


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize(
    "classes",
    [TEXTS, (0, 1, 5), (0.5, 1.0, 2.0), (False, True)],
    ids=["texts", "ints", "floats", "bools"],
)
def test_what_is_saved_is_read_back(tmp_path, ending, classes):
    path = tmp_path / f"model.{ending}"
    model = build(classes, widths=(4, 6, len(classes)))
    model.save(path)
    same(load_model(path), model)
    assert load_model(str(path)).predict(X).tolist() == model.predict(X).tolist()
    first = path.read_bytes()
    model.save(path)
    assert path.read_bytes() == first
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("ending", FORMATS)
def test_a_pruned_model_stays_pruned(tmp_path, ending):
    model = build()
    model.parameter("w1")[:, 1] = 0
    model.parameter("w2")[:, 2:4] = 0
    pruned = model.prune()
    assert pruned.widths == (3, 4, 5, 3)
    pruned.save(tmp_path / f"model.{ending}")
    same(load_model(tmp_path / f"model.{ending}"), pruned)
    np.testing.assert_array_equal(
        load_model(tmp_path / f"model.{ending}").predict_proba(X), model.predict_proba(X)
    )


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("pruned", [False, True])
def test_onnxruntime_gives_the_same_probabilities(tmp_path, precision, pruned):
    x, y = load_digits(return_X_y=True)
    labels = np.array([f"digit {i}" for i in y])
    fitted = RegularizedMLPClassifier(
        precision=precision, l1=0.01, l1_method="proximal", max_iter=10, random_state=0
    ).fit(x / 16, labels)
    model = fitted.model_.prune() if pruned else fitted.model_
    assert (len(model.parameters) < len(fitted.model_.parameters)) == pruned
    path = tmp_path / "model.onnx"
    model.save(path)
    session = onnxruntime.InferenceSession(path)
    classes, probabilities = session.run(None, {"X": x / 16})
    # Sums in another order, and another exp: far nearer than the 1e-6 that is promised.
    np.testing.assert_allclose(probabilities, fitted.predict_proba(x / 16), rtol=0, atol=1e-12)
    assert (classes == fitted.predict(x / 16)).all()
    one = session.run(["probabilities"], {"X": x[:1] / 16})[0]
    assert one.shape == (1, 10)


@pytest.mark.parametrize("classes", [(3, 4, 5), (0.5, 1.0, 1.5), (False, True)])
def test_onnxruntime_gives_classes_of_their_own_type(tmp_path, classes):
    model = build(classes, widths=(4, 6, len(classes)))
    model.save(tmp_path / "model.onnx")
    found, _ = onnxruntime.InferenceSession(tmp_path / "model.onnx").run(None, {"X": X})
    np.testing.assert_array_equal(found, model.predict(X), strict=True)


def refused(path):
    with pytest.raises(InputError) as error:
        load_model(path)
    assert "\n" not in str(error.value) and str(path) in str(error.value)
    return str(error.value)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved")
    paths = {ending: folder / f"model.{ending}" for ending in FORMATS}
    for path in paths.values():
        build().save(path)
    return {ending: path.read_bytes() for ending, path in paths.items()}


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(FORMATS), st.floats(0, 1, exclude_max=True), st.integers(0, 8))
def test_a_damaged_file_is_refused_or_harmless(saved, tmp_path_factory, ending, place, bit):
    data = bytearray(saved[ending])
    at = int(place * len(data))
    if bit == 8:
        del data[at:]
    else:
        data[at] ^= 1 << bit
    path = tmp_path_factory.mktemp("damaged") / f"model.{ending}"
    path.write_bytes(data)
    try:
        found = load_model(path)
    except InputError as error:
        assert "\n" not in str(error) and str(path) in str(error)
    else:
        same(found, build())


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize(
    "content", [b"", b"\0" * 100, b"PK\x05\x06" + b"\0" * 18, b"\xff" * 1000, b"a,b\n1,2\n", b"{}"]
)
def test_a_strange_file_is_refused(tmp_path, ending, content):
    path = tmp_path / f"model.{ending}"
    path.write_bytes(content)
    refused(path)


def test_no_pickle_is_read(tmp_path):
    class Bomb:
        def __reduce__(self):
            return pytest.fail, ("it was unpickled",)

    header = np.array([Bomb()], dtype=object)
    np.savez(tmp_path / "model.npz", regsweep=header)
    refused(tmp_path / "model.npz")
    (tmp_path / "pickled.npz").write_bytes(pickle.dumps(Bomb()))
    refused(tmp_path / "pickled.npz")


def test_a_small_file_cannot_become_a_large_one(tmp_path, saved):
    with np.load(io.BytesIO(saved["npz"])) as file:
        np.savez_compressed(tmp_path / "model.npz", **file)
    refused(tmp_path / "model.npz")


def with_digest(header, arrays):
    """Write a file that nothing has damaged."""
    made = Header(**header)
    made.sha256 = made.digest(arrays)
    file = io.BytesIO()
    np.savez(file, regsweep=np.array(made.text()), **arrays)
    return file.getvalue()


@pytest.mark.parametrize(
    "changed",
    [
        {"widths": [4, 6, 3]},
        {"widths": [4, 6, 5, 2]},
        {"classes": ["a", "b"]},
        {"classes": ["a", "a", "b"]},
        {"variables": [["a", None]]},
        {"inputs": np.array([0, 2, 3, 6])},
        {"inputs": np.array([-1, 2, 3, 5])},
        {"inputs": np.array([0, 2, 2, 5])},
        {"inputs": np.array([0.0, 2, 3, 5])},
        {"scale": np.array([1.0, 0, 1, 1])},
        {"mean": np.array([1.0, np.nan, 1, 1])},
        {"w2": np.zeros((5, 7))},
        {"w2": np.zeros((5, 6), dtype=np.float32)},
        {"b9": np.zeros(3)},
    ],
    ids=str,
)
def test_parts_that_do_not_fit_together_are_refused(tmp_path, saved, changed):
    with np.load(io.BytesIO(saved["npz"])) as file:
        arrays = {name: file[name] for name in file.files}
    header = json.loads(arrays.pop("regsweep").item())
    path = tmp_path / "model.npz"
    path.write_bytes(with_digest(header, arrays))
    same(load_model(path), build())
    for name, value in changed.items():
        (arrays if isinstance(value, np.ndarray) else header)[name] = value
    path.write_bytes(with_digest(header, arrays))
    assert "no model of ours" in refused(path)


def test_a_graph_that_was_changed_is_refused(tmp_path, saved):
    path = tmp_path / "model.onnx"
    assert saved["onnx"].count(b"Relu") == 2
    path.write_bytes(saved["onnx"].replace(b"Relu", b"Sqrt"))
    refused(path)


def test_paths_that_cannot_be_used(tmp_path):
    assert "should end in .npz, .safetensors, .onnx" in refused(tmp_path / "model.pkl")
    assert "No such file" in refused(tmp_path / "absent.npz")
    (tmp_path / "folder.npz").mkdir()
    assert "Is a directory" in refused(tmp_path / "folder.npz")
    with pytest.raises(InputError, match="should end in"):
        build().save(tmp_path / "model")
    with pytest.raises(InputError, match="cannot write"):
        build().save(tmp_path / "absent" / "model.npz")
    with pytest.raises(ResultsError, match=r"folder.npz cannot be written \(Is a directory\)"):
        build().save(tmp_path / "folder.npz")
    assert [path.name for path in tmp_path.iterdir()] == ["folder.npz"]


@pytest.mark.parametrize("how", ["once", "forever"])
def test_a_file_is_replaced_only_by_a_whole_one(how, tmp_path, monkeypatch):
    """Every operation on the disk fails in turn."""
    path = tmp_path / "model.npz"
    contents = []
    for seed in (1, 0):
        build(seed=seed).save(path)
        contents.append(path.read_bytes())
    for nth in range(1, 20):
        with monkeypatch.context() as patch:
            faulty = faults.install(patch, nth, how)
            try:
                build(seed=1).save(path)
            except ResultsError as error:
                assert f"{path} cannot be written" in str(error)
        assert path.read_bytes() in contents
        if not faulty.fired:
            break
        assert how == "forever" or list(tmp_path.iterdir()) == [path]
        build(seed=0).save(path)
    assert nth > 4 and path.read_bytes() == contents[0]


def test_classes_that_no_file_can_hold(tmp_path):
    with pytest.raises(InputError, match="classes should be all texts"):
        build((0, "a", None)).save(tmp_path / "model.npz")


def test_the_file_can_be_read_without_us(tmp_path):
    build().save(tmp_path / "model.npz")
    with np.load(tmp_path / "model.npz") as file:
        header = json.loads(file["regsweep"].item())
        assert file["w2"].shape == (5, 6)
    assert header["specification"]["data"] == "d.csv" and header["trained_on"]["rows"] == 7
    with zipfile.ZipFile(tmp_path / "model.npz") as file:
        assert file.testzip() is None
