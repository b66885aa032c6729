"""Models as files: NumPy's .npz, .safetensors, .onnx. None of them can hold code.

Each holds arrays (w1 ``[outputs, inputs]``, b1 and so on, and how the inputs are scaled) and one
text, JSON that says the rest. A SHA-256 of both stands in the text, so that a damaged file is
refused whatever its format.
"""

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr

from kernels.network import network
from results.directory import durable
from sweep.data.files import check_memory
from sweep.data.variables import Variable
from sweep.errors import InputError
from sweep.models.model import Model

#: The key of the text, in each format.
HEADER = "regsweep"

Arrays = Mapping[str, np.ndarray]


class _Header(BaseModel):
    """What the text of a file says."""

    model_config = ConfigDict(extra="forbid")

    format: Literal["regsweep model 1"] = "regsweep model 1"
    widths: Annotated[list[Annotated[StrictInt, Field(ge=1)]], Field(min_length=2)]
    classes: list[StrictStr] | list[StrictBool] | list[StrictInt] | list[StrictFloat]
    variables: list[tuple[StrictStr, list[StrictStr] | None]]
    specification: dict[str, Any]
    trained_on: dict[str, Any]
    sha256: str = ""


def save(model: Model, path: str | os.PathLike[str]) -> None:
    """Write a model; what was at ``path`` is replaced once the new file is whole.

    Raises
    ------
    InputError
        If the name does not end in .npz, .safetensors or .onnx, there is no such folder, or the
        classes are neither texts, numbers nor truth values.
    results.errors.ResultsError
        If the file cannot be written.
    """
    target = Path(path)
    check_target(target)
    write, _ = _formats(target)
    names = model.network.names
    arrays = {name: np.ascontiguousarray(model.parameter(name)) for name in names}
    arrays |= {"inputs": model.inputs, "mean": model.mean, "scale": model.scale}
    try:
        header = _Header(
            widths=list(model.widths),
            classes=list(model.classes),
            variables=[_listed(variable) for variable in model.variables],
            specification=model.specification,
            trained_on=model.trained_on,
        )
    except ValueError:
        raise InputError(
            "classes should be all texts, all numbers or all truth values to be saved, not "
            f"{model.classes!r:.80}"
        ) from None
    header.sha256 = _digest(header, arrays)
    durable.write(target, write(model, arrays, _json(header)), target.parent)


def load_model(path: str | os.PathLike[str]) -> Model:
    """Read a model that `Model.save` wrote.

    Parameters
    ----------
    path : path
        A .npz, .safetensors or .onnx file. Nothing in it is executed or unpickled.

    Returns
    -------
    Model

    Raises
    ------
    InputError
        If the file cannot be read, is damaged, or is something else.
    """
    source = Path(path)
    _, read = _formats(source)
    try:
        check_memory(source.stat().st_size, str(source))
        data = source.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {source}: {error.strerror}") from None
    try:
        text, arrays = read(data)
        header = _Header.model_validate_json(text)
    except InputError:
        raise
    except Exception as error:  # a damaged or a strange file may raise anything
        raise InputError(
            f"{source} is no model of ours, or damaged ({type(error).__name__}): save it again"
        ) from None
    if not _are_of(header, arrays):
        raise InputError(f"{source} is no model of ours: its arrays are not those of a network")
    if header.sha256 != _digest(header, arrays):
        raise InputError(f"{source} is damaged: its content is not what was saved; save it again")
    model = _model(header, arrays)
    if not _fits_together(model):
        raise InputError(f"{source} is no model of ours: its parts do not fit together")
    return model


def _are_of(header: _Header, arrays: Arrays) -> bool:
    """Tell whether the arrays are those of the header's network: kernels check nothing."""
    net = network(header.widths)
    shapes = {name: net.shape(name) for name in net.names}
    shapes |= dict.fromkeys(("inputs", "mean", "scale"), (header.widths[0],))
    return arrays.keys() == shapes.keys() and all(
        array.shape == shapes[name]
        and array.dtype == (np.int64 if name == "inputs" else np.float64)
        and np.isfinite(array).all()
        for name, array in arrays.items()
    )


def _model(header: _Header, arrays: Arrays) -> Model:
    return Model(
        widths=tuple(header.widths),
        parameters=np.concatenate([arrays[name].ravel() for name in network(header.widths).names]),
        inputs=arrays["inputs"],
        mean=arrays["mean"],
        scale=arrays["scale"],
        classes=tuple(header.classes),
        variables=tuple(
            Variable(name, None if levels is None else tuple(levels))
            for name, levels in header.variables
        ),
        specification=header.specification,
        trained_on=header.trained_on,
    )


def _fits_together(model: Model) -> bool:
    places = model.inputs
    return bool(
        len(set(model.classes)) == len(model.classes) == model.widths[-1]
        and places[0] >= 0
        and (np.diff(places) > 0).all()
        and places[-1] < len(model.features)
        and (model.scale > 0).all()
    )


def _digest(header: _Header, arrays: Arrays) -> str:
    digest = hashlib.sha256(_json(header.model_copy(update={"sha256": ""})).encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(array.data)
    return digest.hexdigest()


def _json(header: _Header) -> str:
    return json.dumps(header.model_dump(), allow_nan=False)


def check_target(path: str | os.PathLike[str]) -> None:
    """Refuse a path that `save` could not write to, before there is work to lose."""
    target = Path(path)
    _formats(target)
    if not target.parent.is_dir():
        raise InputError(f"cannot write {target}: there is no folder {target.parent}")


def _formats(path: Path) -> tuple[Any, Any]:
    """Return what writes and reads the format that a path's ending stands for."""
    formats = {
        ".npz": (_npz, _from_npz),
        ".safetensors": (_safetensors, _from_safetensors),
        ".onnx": (_onnx, _from_onnx),
    }
    if path.suffix not in formats:
        raise InputError(f"a model file should end in {', '.join(formats)}, and {path} does not")
    return formats[path.suffix]


def _listed(variable: Variable) -> tuple[str, list[str] | None]:
    return variable.name, None if variable.levels is None else list(variable.levels)


def _npz(model: Model, arrays: Arrays, text: str) -> bytes:
    file = io.BytesIO()
    everything: dict[str, Any] = {HEADER: np.array(text), **arrays}
    np.savez(file, **everything)
    return file.getvalue()


def _from_npz(data: bytes) -> tuple[str, Arrays]:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        # Nothing is compressed, so that no small file can become a large array.
        if any(one.compress_type != zipfile.ZIP_STORED for one in file.infolist()):
            raise ValueError("a compressed part")
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    return arrays.pop(HEADER).item(), arrays


def _safetensors(model: Model, arrays: Arrays, text: str) -> bytes:
    from safetensors.numpy import save as as_bytes

    return as_bytes(dict(arrays), metadata={HEADER: text})


def _from_safetensors(data: bytes) -> tuple[str, Arrays]:
    from safetensors.numpy import load

    size = int.from_bytes(data[:8], "little")
    return json.loads(data[8 : 8 + size])["__metadata__"][HEADER], load(data)


def _onnx(model: Model, arrays: Arrays, text: str) -> bytes:
    from sweep.models.onnxfile import graph_of

    return graph_of(model, arrays, {HEADER: text})


def _from_onnx(data: bytes) -> tuple[str, Arrays]:
    from sweep.models.onnxfile import contents

    metadata, arrays = contents(data)
    return metadata[HEADER], arrays
