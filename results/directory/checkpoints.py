"""Checkpoints: where runs stand that are not finished, so that nothing is trained twice.

Each is an ``.npz`` file of plain arrays, uncompressed, whose name holds a stage, the first and the
last of its runs, and the BLAKE2b of the file. What the arrays mean, whoever asks for them knows.
Whatever is no valid checkpoint of this sweep does not count: its runs are then trained again. A
directory may be a stranger's: nothing in it is unpickled, and no small file becomes a large array.
"""

from __future__ import annotations

import hashlib
import io
import logging
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from results.directory import durable, layout
from results.directory.parts import Damaged
from results.directory.reading import fits

_log = logging.getLogger(__name__)

_NAME = re.compile(r"checkpoint-(\d{6})-(\d{12})-(\d{12})-([0-9a-f]{32})\.npz")

#: The array that holds the digest of the sweep's specification.
_GRID = "grid"


class Checkpoint(NamedTuple):
    """Where some runs stand.

    Attributes
    ----------
    stage : int
        How far they have come, in steps of whoever made it.
    arrays : dict of str to ndarray
    path : Path
        Its file.
    """

    stage: int
    arrays: dict[str, np.ndarray]
    path: Path


class Checkpoints:
    """Those of a directory that this process may change.

    Parameters
    ----------
    directory : Path
        The results directory.
    grid : str
        Digest of its specification.
    """

    def __init__(self, directory: Path, grid: str) -> None:
        self._directory, self._grid = directory, grid

    def write(self, stage: int, runs: range, arrays: Mapping[str, np.ndarray]) -> Path:
        """Keep where some of these runs stand, for good."""
        held = io.BytesIO()
        everything = {_GRID: np.frombuffer(bytes.fromhex(self._grid), np.uint8), **arrays}
        np.savez(held, **everything)  # type: ignore[arg-type]
        data = held.getvalue()
        name = f"checkpoint-{stage:06}-{runs[0]:012}-{runs[-1]:012}-{_digest(data)}.npz"
        path = layout.own(self._directory / layout.CHECKPOINTS) / name
        durable.write(path, data, self._directory / layout.SCRATCH)
        return path

    def read(self, runs: range) -> Iterator[Checkpoint]:
        """Yield the valid checkpoints that may hold some of these runs, the latest stage first."""
        for path in sorted(self._of(runs), reverse=True):
            try:
                arrays = _read(path)
            except Damaged as damage:
                _log.warning("%s; left out, its runs are trained from an earlier point", damage)
                continue
            except FileNotFoundError:  # a joined process is further by now
                continue
            if arrays.pop(_GRID, np.empty(0)).tobytes() == bytes.fromhex(self._grid):
                yield Checkpoint(int(path.name.split("-")[1]), arrays, path)

    def remove(self, runs: range, stages: range | None = None) -> None:
        """Remove those that may hold some of these runs, of all stages or of these."""
        for path in self._of(runs):
            if stages is None or int(path.name.split("-")[1]) in stages:
                durable.remove(path)

    def _of(self, runs: range) -> Iterator[Path]:
        for path in _paths(self._directory):
            first, last = path.name.split("-")[2:4]
            if int(first) < runs.stop and int(last) >= runs.start:
                yield path


def latest(directory: Path) -> int | None:
    """Return the latest stage of which a directory holds a checkpoint, by the names alone."""
    return max((int(path.name.split("-")[1]) for path in _paths(directory)), default=None)


def _paths(directory: Path) -> list[Path]:
    folder = directory / layout.CHECKPOINTS
    if folder.is_symlink() or not folder.is_dir():
        return []
    return [path for path in folder.iterdir() if _NAME.fullmatch(path.name)]


def _read(path: Path) -> dict[str, np.ndarray]:
    """Read a file that may be damaged, or a stranger's."""
    if path.is_symlink() or not path.is_file():
        raise Damaged(path, "it is no file of its own")
    fits(str(path), path.stat().st_size // 8)
    data = path.read_bytes()
    if _digest(data) != path.stem.rpartition("-")[2]:
        raise Damaged(path, "its content does not match the digest in its name")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            # Nothing is compressed, and nothing lies twice: what is read is no more than the file.
            entries = file.infolist()
            plain = all(one.compress_type == zipfile.ZIP_STORED for one in entries)
            if not plain or sum(one.file_size for one in entries) > len(data):
                raise Damaged(path, "it holds more than its size")
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except Damaged:
        raise
    except Exception as error:  # a strange file may raise anything
        raise Damaged(path, f"it is no checkpoint ({type(error).__name__})") from None


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()
