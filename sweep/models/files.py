"""Models as files: NumPy's .npz, .safetensors, .onnx. None of them can hold code.

Each holds arrays and one text, JSON that says the rest. A SHA-256 of both stands in the text, so
that a damaged file is refused whatever its format.
"""

import io
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from results.directory import durable
from results.regular import opened
from sweep.data.files import check_memory
from sweep.errors import InputError
from sweep.models.header import Arrays, EnsembleHeader, Header, header_of

#: The key of the text, in each format.
HEADER = "regsweep"


#: All of a model that is no array.
AnyHeader = Header | EnsembleHeader


class Format(NamedTuple):
    """How files of one kind are written and read."""

    write: Callable[[AnyHeader, Arrays, str], bytes]
    read: Callable[[bytes], tuple[str, Arrays]]


def write(path: str | os.PathLike[str], header: AnyHeader, arrays: Arrays, said: str) -> None:
    """Write a model; what was at ``path`` is replaced once the new file is whole.

    What is ``said`` of it stands in files that have room for such a line.

    Raises
    ------
    InputError
        If the name does not end in .npz, .safetensors or .onnx, or there is no such folder.
    results.errors.ResultsError
        If the file cannot be written.
    """
    target = Path(path)
    check_target(target)
    signed = header.model_copy(update={"sha256": header.digest(arrays)})
    durable.write(target, _format(target).write(signed, arrays, said), target.parent)


def read(path: str | os.PathLike[str]) -> tuple[AnyHeader, Arrays]:
    """Read what `write` wrote; nothing in it is executed or unpickled.

    Raises
    ------
    InputError
        If the file cannot be read, is damaged, or is something else.
    """
    source = Path(path)
    known = _format(source)
    try:
        with opened(source) as file:
            check_memory(os.fstat(file.fileno()).st_size, str(source))
            data = file.read()
    except OSError as error:
        raise InputError(f"cannot read {source}: {error.strerror}") from None
    try:
        text, arrays = known.read(data)
        header = header_of(text)
        header.text()  # numbers that are none, and half characters, are in no file of ours
    except InputError:
        raise
    except Exception as error:  # a damaged or a strange file may raise anything
        raise InputError(
            f"{source} is no model of ours, or damaged ({type(error).__name__}): save it again"
        ) from None
    return header, arrays


def check_target(path: str | os.PathLike[str]) -> None:
    """Refuse a path that `write` could not write to, before there is work to lose."""
    target = Path(path)
    _format(target)
    if not target.parent.is_dir():
        raise InputError(f"cannot write {target}: there is no folder {target.parent}")


def _format(path: Path) -> Format:
    """Return the format that a path's ending stands for."""
    if path.suffix not in _FORMATS:
        raise InputError(f"a model file should end in {', '.join(_FORMATS)}, and {path} does not")
    return _FORMATS[path.suffix]


def _npz(header: AnyHeader, arrays: Arrays, said: str) -> bytes:
    file = io.BytesIO()
    everything: dict[str, Any] = {HEADER: np.array(header.text()), **arrays}
    np.savez(file, **everything)
    return file.getvalue()


def _from_npz(data: bytes) -> tuple[str, Arrays]:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        # Nothing is compressed, so that no small file can become a large array.
        if any(one.compress_type != zipfile.ZIP_STORED for one in file.infolist()):
            raise ValueError("a compressed part")
        if sum(one.file_size for one in file.infolist()) > len(data):
            raise ValueError("parts that overlap")
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    return arrays.pop(HEADER).item(), arrays


def _safetensors(header: AnyHeader, arrays: Arrays, said: str) -> bytes:
    from safetensors.numpy import save as as_bytes

    return as_bytes(dict(arrays), metadata={HEADER: header.text()})


def _from_safetensors(data: bytes) -> tuple[str, Arrays]:
    from safetensors.numpy import load

    size = int.from_bytes(data[:8], "little")
    return json.loads(data[8 : 8 + size])["__metadata__"][HEADER], load(data)


def _onnx(header: AnyHeader, arrays: Arrays, said: str) -> bytes:
    from sweep.models.onnxfile import graph_of

    return graph_of(header, arrays, {HEADER: header.text()}, said)


def _from_onnx(data: bytes) -> tuple[str, Arrays]:
    from sweep.models.onnxfile import contents

    metadata, arrays = contents(data)
    return metadata[HEADER], arrays


_FORMATS = {
    ".npz": Format(_npz, _from_npz),
    ".safetensors": Format(_safetensors, _from_safetensors),
    ".onnx": Format(_onnx, _from_onnx),
}
