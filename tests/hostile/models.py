"""Files of models that are damaged, or written to do harm."""

from __future__ import annotations

import io
import json
import os
import pickle
import zipfile
from collections.abc import Iterator

import numpy as np
from sklearn.datasets import load_iris

from sweep.models.header import Header
from tests.hostile.case import PLACES, STAGE, Case, being, instead

BASES = ("best.npz", "best.safetensors", "best.onnx")


class Executes:
    """Leaves a file behind where it is unpickled."""

    def __reduce__(self):
        return os.system, ("touch executed",)


def cases() -> Iterator[tuple[str, Case]]:
    """Yield the cases by name."""
    for base in BASES:
        whole = (STAGE / base).read_bytes()
        for name, data in _of_bytes(whole).items():
            yield f"{base}, {name}", Case(base, being(data), ("predict",))
        for name, make in PLACES.items():
            yield f"{base} is {name}", Case(base, instead(make), ("predict",))
    for base, made in zip(BASES, (_npz() | _signed(), _safetensors(), _onnx()), strict=True):
        for name, data in made.items():
            yield f"{base}, {name}", Case(base, being(data), ("predict",))


def _of_bytes(whole: bytes) -> dict[str, bytes]:
    middle = len(whole) // 2
    flipped = bytearray(whole)
    flipped[middle] ^= 1
    return {
        "empty": b"",
        "cut": whole[:middle],
        "without its end": whole[:-1],
        "with more": whole + b"x",
        "twice": whole * 2,
        "flipped": bytes(flipped),
        "zeroed": whole[:64] + bytes(64) + whole[128:],
        "all ones": b"\xff" * 4096,
        "pickled": pickle.dumps(Executes()),
    }


def _npz() -> dict[str, bytes]:
    header = _stored({"regsweep.npy": _npy(np.array("[" * 100_000))})
    pickled = io.BytesIO()
    np.save(pickled, np.array([Executes()], dtype=object), allow_pickle=True)
    lying = b"\x93NUMPY\x01\x00\x76\x00" + (
        b"{'descr': '<f8', 'fortran_order': False, 'shape': (1099511627776,), }".ljust(117) + b"\n"
    )
    deep = b"(" * 60_000
    return {
        "of zeros packed": _zip({"w1.npy": _npy(np.zeros(2**24))}, zipfile.ZIP_DEFLATED),
        "of objects": _stored({"regsweep.npy": pickled.getvalue()}),
        "of more than is there": _stored({"regsweep.npy": _npy(np.array("{}")), "w1.npy": lying}),
        "of a header that is code": _stored(
            {"regsweep.npy": b"\x93NUMPY\x02\x00" + (60_000).to_bytes(4, "little") + deep}
        ),
        "of deep JSON": header,
        "of NaN": _stored({"regsweep.npy": _npy(np.array('{"widths": [NaN, Infinity]}'))}),
        "of a number of 5,000 digits": _stored(
            {"regsweep.npy": _npy(np.array('{"widths": [' + "1" * 5000 + "]}"))}
        ),
        "of no header": _stored({"w1.npy": _npy(np.zeros(3))}),
        "of two headers": _stored({"regsweep.npy": _npy(np.array(["{}", "{}"]))}),
        "of names that lead out": _stored({"../outside/secret.npy": _npy(np.zeros(3))}),
        "of a million parts": _stored({f"{i}.npy": b"" for i in range(20_000)}),
        "of parts that overlap": _overlapping(),
    }


def _signed() -> dict[str, bytes]:
    """Write models that nothing damaged, and whose parts are of no network."""
    outputs, names = 3, load_iris().feature_names
    arrays = {"w1": np.zeros((outputs, 4)), "b1": np.ones(outputs), "inputs": np.arange(4)}
    arrays |= {"mean": np.zeros(4), "scale": np.ones(4)}
    header = {"widths": [4, outputs], "classes": ["a", "b", "c"]}
    header |= {"variables": [[name, None] for name in names]}
    header |= {"specification": {}, "trained_on": {}}
    unit = {"target_centre": np.zeros(outputs), "target_scale": np.ones(outputs)}
    numbers = {"loss": "squared", "classes": []}
    named = {"targets": [[f"y{i}", None] for i in range(outputs)]}
    changes: dict[str, tuple[dict, dict]] = {
        "of a loss that is none": ({"loss": "__import__"}, {}),
        "of a loss of a million letters": ({"loss": "x" * 1_000_000}, {}),
        "of numbers without a unit": (numbers | named, {}),
        "of a unit without numbers": ({}, unit),
        "of more targets than outputs": (numbers | {"targets": [["y", None]] * 50_000}, unit),
        "of a target that is code": (numbers | {"targets": [["y", ["__import__('os')"]]]}, unit),
        "of answers without levels": ({**numbers, **named, "loss": "logistic"}, {}),
    }
    found = {}
    for name, (told, further) in changes.items():
        made = Header(**header | told)
        made.sha256 = made.digest(arrays | further)
        file = io.BytesIO()
        np.savez(file, regsweep=np.array(made.text()), **arrays, **further)
        found[name] = file.getvalue()
    return found


def _safetensors() -> dict[str, bytes]:
    def file(header: object, data: bytes = b"", size: int | None = None) -> bytes:
        text = header if isinstance(header, bytes) else json.dumps(header).encode()
        return (len(text) if size is None else size).to_bytes(8, "little") + text + data

    def tensor(shape: list[int], start: int, end: int) -> dict:
        return {"dtype": "F64", "shape": shape, "data_offsets": [start, end]}

    told = {"__metadata__": {"regsweep": "{}"}}
    return {
        "of a header without end": file(b"{}", size=2**63),
        "of a header beyond its end": file(b"{}", size=10**6),
        "of deep JSON": file(b"[" * 1_000_000),
        "of deep metadata": file(b'{"__metadata__":' + b'{"a":' * 100_000),
        "of a deep text": file({"__metadata__": {"regsweep": "[" * 1_000_000}}),
        "of more than is there": file(told | {"w1": tensor([2**40], 0, 2**43)}),
        "of parts that overlap": file(
            told | {f"w{i}": tensor([4096], 0, 32768) for i in range(2000)}, bytes(32768)
        ),
        "of shapes that overflow": file(told | {"w1": tensor([2**62, 4], 0, 0)}),
        "of many zeros": file(told | {f"w{i}": tensor([0], 0, 0) for i in range(50_000)}),
        "of no metadata": file({}),
        "of a list": file([]),
        "of a number of 5,000 digits": file(b'{"__metadata__": ' + b"1" * 5000 + b"}"),
        "of NaN": file({"__metadata__": {"regsweep": '{"widths": [NaN]}'}}),
    }


def _onnx() -> dict[str, bytes]:
    import onnx
    from onnx import TensorProto

    def model() -> onnx.ModelProto:
        return onnx.ModelProto.FromString((STAGE / "best.onnx").read_bytes())

    elsewhere = model()
    for tensor in elsewhere.graph.initializer:
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="../outside/secret")
    huge = model()
    huge.graph.initializer[0].dims[:] = [2**40, 2**20]
    deep = b""
    for _ in range(500):  # a graph in an attribute of a node of a graph, and so on
        deep = _field(1, _field(5, _field(6, deep)))
    untold = model()
    untold.ClearField("metadata_props")
    strange = model()
    for pair in strange.metadata_props:
        pair.value = "[" * 1_000_000
    return {
        "of arrays elsewhere": elsewhere.SerializeToString(),
        "of more than is there": huge.SerializeToString(),
        "of graphs in graphs": _field(7, deep),
        "of no metadata": untold.SerializeToString(),
        "of deep JSON": strange.SerializeToString(),
        "of lengths that lie": b"\x3a\xff\xff\xff\xff\x7f",
        "of many nodes": _field(7, _field(1, b"") * 500_000),
    }


def _field(number: int, data: bytes) -> bytes:
    """Write a field of a protocol buffer that holds bytes."""
    size, length = len(data), b""
    while size >= 128:
        length += bytes([size % 128 + 128])
        size //= 128
    return bytes([number * 8 + 2]) + length + bytes([size]) + data


def _npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def _stored(parts: dict[str, bytes]) -> bytes:
    return _zip(parts, zipfile.ZIP_STORED)


def _zip(parts: dict[str, bytes], kind: int) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", kind) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return file.getvalue()


def _overlapping() -> bytes:
    """Write an archive whose thousand names stand for the same 4 MB."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("0.npy", _npy(np.zeros(2**19)))
        first = archive.infolist()[0]
        for i in range(1, 1000):
            other = zipfile.ZipInfo(f"{i}.npy")
            other.file_size, other.compress_size = first.file_size, first.compress_size
            other.CRC, other.header_offset = first.CRC, first.header_offset
            archive.filelist.append(other)
    return file.getvalue()
