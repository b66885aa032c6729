"""Parts, final tables and histories that are damaged, or written to do harm."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.hostile.case import LOOKS, PLACES, QUICK, STAGE, Case, being, outside, plant

PARTS = "unfinished"
FINAL = "finished"


def cases() -> Iterator[tuple[str, Case]]:
    """Yield the cases by name."""
    for name, data in _of_bytes(_first_part().read_bytes()).items():
        yield f"a part, {name}", Case(PARTS, _planted(data), (*QUICK, "best"))
    for name, change in TABLES.items():
        yield f"a part, {name}", Case(PARTS, _changed("parts", change), (*QUICK, "best"))
    for name, told in FOOTERS.items():
        yield f"a part, {name}", Case(PARTS, _planted(_told_as(_first_part(), told)), QUICK)
    for name, make in _PLACES.items():
        yield f"a part is {name}", Case(PARTS, _instead(make), QUICK)
        yield f"parts are {name}", Case(PARTS, _instead(make, "parts"), QUICK)
    yield "many damaged parts", Case(PARTS, _many, QUICK)
    for table, tables, commands in (
        ("runs.parquet", TABLES, ("summary", "best")),
        ("history.parquet", OF_HISTORY, ("report",)),
    ):
        whole = (STAGE / FINAL / table).read_bytes()
        for name, data in _of_bytes(whole).items():
            yield f"{table}, {name}", Case(FINAL, being(data, table), commands)
        for name, change in tables.items():
            yield f"{table}, {name}", Case(FINAL, _changed(table, change), commands)
        for name, make in _PLACES.items():
            yield f"{table} is {name}", Case(FINAL, _instead(make, table), commands)
    for name, make in _PLACES.items():
        yield f"what is to be made is {name}", Case(FINAL, _targets(make), LOOKS[1:5])
    yield "what all pictures are to be is a pipe", Case(FINAL, _targets(os.mkfifo), ("plot",))


def _first(folder: Path) -> Path:
    return sorted(folder.iterdir())[0]


def _first_part() -> Path:
    return _first(STAGE / PARTS / "parts")


def _of_bytes(whole: bytes) -> dict[str, bytes]:
    middle = len(whole) // 2
    size = int.from_bytes(whole[-8:-4], "little")
    return {
        "empty": b"",
        "cut": whole[:middle],
        "no Parquet": b"run,seed\n0,1\n",
        "zeros": bytes(len(whole)),
        "zeroed in the middle": whole[: middle - 50] + bytes(100) + whole[middle + 50 :],
        "of a zeroed footer": whole[: -8 - size] + bytes(size) + whole[-8:],
        "of a footer of ones": whole[: -8 - size] + b"\xff" * size + whole[-8:],
        "of a footer beyond its start": whole[:-8] + b"\xff\xff\xff\x7f" + whole[-4:],
        "of half a footer": whole[:-8] + (size // 2).to_bytes(4, "little") + whole[-4:],
    }


def _swapped(name: str, values: Any, kind: pa.DataType | None = None) -> Change:
    """Put values in place of a column; they repeat in each row."""

    def change(table: pa.Table) -> pa.Table:
        each = values if isinstance(values, np.ndarray) else [values] * len(table)
        return table.set_column(
            table.column_names.index(name), name, pa.array(each[: len(table)], kind)
        )

    return change


def _nulls(text: str | None) -> Change:
    """Make many rows of nothing, or of one text."""
    many = 2**18

    def change(table: pa.Table) -> pa.Table:
        columns = {name: pa.nulls(many, table[name].type) for name in table.column_names}
        if text:
            columns["status"] = pa.DictionaryArray.from_arrays(np.zeros(many, "int32"), [text])
        return pa.table(columns)

    return change


def _nested() -> Change:
    value: Any = 1
    kind = pa.int64()
    for _ in range(60):
        value, kind = [value], pa.list_(kind)
    return _swapped("l1", value, kind)


Change = Callable[[pa.Table], pa.Table]

LONG = "x" * 2**24
ROWS = np.arange(1000)

#: What becomes of a table.
TABLES: dict[str, Change] = {
    "of nulls": _nulls(None),
    "of one text many times": _nulls(LONG),
    "of long texts": _swapped("status", LONG),
    "of no column": lambda table: pa.table({"a": [1]}),
    "of a column less": lambda table: table.drop(["l1"]),
    "of a column more": lambda table: table.append_column("further", table["l1"]),
    "of a column twice": lambda table: table.append_column("l1", table["l1"]),
    "of thousands of columns": lambda table: pa.table({f"l1_w{i}": [0.0] for i in range(5000)}),
    "of texts for numbers": _swapped("l1", "0"),
    "of whole numbers for numbers": _swapped("l1", 0),
    "of nested cells": _nested(),
    "of structs": _swapped("l1", {"a": 1}),
    "of bytes": _swapped("status", b"\xff"),
    "of dates": _swapped("l1", 0, pa.timestamp("us")),
    "of statuses that there are not": _swapped("status", "pickled"),
    "of no status": _swapped("status", None, pa.string()),
    "of places that are no number": _swapped("l1", np.nan),
    "of places without end": _swapped("l2", np.inf),
    "of places of another grid": _swapped("l1", ROWS + 7.0),
    "of seeds of another grid": _swapped("seed", ROWS + 10**12),
    "of runs below the grid": _swapped("run", ROWS - 2**40),
    "of runs beyond the grid": _swapped("run", ROWS + 2**40),
    "of one run many times": _swapped("run", 0),
    "of losses without end": _swapped("val_loss", 1e308),
    "of losses that are no number": _swapped("val_loss", np.nan),
    "of epochs without end": _swapped("epochs", 2**63 - 1),
    "of data with colours": _swapped("data", "\x1b[31m\0\n"),
    "of data that is code": _swapped("data", "<script>alert(1)</script>"),
}

#: Those of a history, which has no such columns as runs have.
OF_HISTORY = {
    name: TABLES[name]
    for name in (
        "of nulls",
        "of no column",
        "of a column less",
        "of a column twice",
        "of texts for numbers",
        "of nested cells",
        "of places that are no number",
        "of places of another grid",
        "of seeds of another grid",
        "of losses without end",
    )
} | {
    "of epochs without end": _swapped("epoch", 2**63 - 1),
    "of epochs below": _swapped("epoch", -1),
}


def _told(path: Path) -> dict[bytes, bytes]:
    return pq.read_metadata(path).metadata


def _written_as(table: pa.Table, metadata: dict[bytes, bytes]) -> bytes:
    kept = {key: value for key, value in metadata.items() if key != b"ARROW:schema"}
    sink = pa.BufferOutputStream()
    pq.write_table(table.replace_schema_metadata(kept), sink, compression="zstd")
    return sink.getvalue().to_pybytes()


def _told_as(path: Path, change: Callable[[dict[bytes, bytes]], None]) -> bytes:
    metadata = dict(_told(path))
    change(metadata)
    return _written_as(pq.read_table(path), metadata)


def _about(**changes: Any) -> Callable[[dict[bytes, bytes]], None]:
    def change(metadata: dict[bytes, bytes]) -> None:
        told = json.loads(metadata[b"regsweep"]) | changes
        metadata[b"regsweep"] = json.dumps(told).encode()

    return change


def _raw(key: bytes, value: bytes) -> Callable[[dict[bytes, bytes]], None]:
    return lambda metadata: metadata.update({key: value})


def _specified(**changes: Any) -> Callable[[dict[bytes, bytes]], None]:
    def change(metadata: dict[bytes, bytes]) -> None:
        told = json.loads(metadata[b"regsweep.specification"]) | changes
        metadata[b"regsweep.specification"] = json.dumps(told).encode()
        metadata[b"regsweep"] = metadata[b"regsweep"].replace(b"eeeb1f", b"aaaaaa")

    return change


#: What a footer says.
FOOTERS: dict[str, Callable[[dict[bytes, bytes]], None]] = {
    "of no footer of ours": lambda metadata: metadata.clear(),
    "of deep JSON": _raw(b"regsweep", b"[" * 100_000),
    "of a deep specification": _raw(b"regsweep.specification", b'{"a":' * 100_000),
    "of a specification that is a list": _raw(b"regsweep.specification", b"[]"),
    "of a number of 5,000 digits": _raw(b"regsweep", b'{"done": ' + b"1" * 5000 + b"}"),
    "of NaN": _raw(b"regsweep", b'{"done": NaN}'),
    "of no UTF-8": _raw(b"regsweep", b'{"grid": "\xff"}'),
    "of runs beyond": _about(ranges=[[2**62, 2**62 + 16]]),
    "of more runs than rows": _about(ranges=[[0, 2**62]], done=2**62),
    "of negative runs": _about(ranges=[[-16, 0]]),
    "of ranges that are texts": _about(ranges=[["a", "b"]]),
    "of deep ranges": _about(ranges=[[[[0, 16]]]]),
    "of no ranges": _about(ranges=[]),
    "of odd ranges": _about(ranges=[[0, 16, 32]]),
    "of ranges that are NaN": _about(ranges=[[float("nan"), 16]]),
    "of large ranges": _about(ranges=[[0, 10**30]]),
    "of a count that is a text": _about(done="many"),
    "of a count without end": _about(done=float("inf")),
    "of negative counts": _about(done=20, error=-4),
    "of a history elsewhere": _about(history="../../outside/secret"),
    "of a history that is a list": _about(history=[1]),
    "of a history that is gone": _about(
        history="part-000000000000-000000000015-" + "0" * 32 + ".parquet"
    ),
    "of a writer that is a list": _about(made_by=[[[1]]]),
    "of a writer of a megabyte": _about(made_by={"cpu": "x" * 2**20}),
    "of a grid that is none": _about(grid=None),
    "of another sweep": _specified(epochs=7),
    "of a specification of wrong types": _specified(seeds=7, l1="x", vary=7),
    "of seeds without end": _specified(seeds="0:1000000000"),
    "of penalties without end": _specified(l1="0:1:lin99999999999"),
    "of vary that is deep": _specified(vary=[["l1_w1", [[[0]]]]]),
    "of data elsewhere": _specified(data="/dev/zero"),
}


def _planted(data: bytes) -> Callable[[Path], None]:
    return lambda directory: plant(directory / "parts", data)


def _changed(name: str, change: Change) -> Callable[[Path], None]:
    """Write another table in place of one, or of the first part, under its footer."""

    def damage(directory: Path) -> None:
        path = _first(directory / name) if name == "parts" else directory / name
        data = _written_as(change(pq.read_table(path)), _told(path))
        if name == "parts":
            plant(directory / name, data)
        else:
            path.write_bytes(data)

    return damage


def _many(directory: Path) -> None:
    folder = directory / "parts"
    for path in folder.iterdir():
        path.unlink()
    for i in range(300):
        (folder / f"part-{i:012}-{i:012}-{i:032x}.parquet").write_bytes(b"PAR1")


def _instead(make: Callable[[Path], object], name: str = "") -> Callable[[Path], None]:
    """Put something else where a table, a folder or (no name) the first part is."""

    def damage(directory: Path) -> None:
        path = directory / name if name else _first(directory / "parts")
        path.rename(outside(directory).with_name("taken"))
        make(path)

    return damage


def _targets(make: Callable[[Path], object]) -> Callable[[Path], None]:
    """Put something where a summary, a report and a picture are to be written."""

    def damage(directory: Path) -> None:
        for name in ("summary.csv", "report.html", "path-l1.png", "curves.png"):
            make(directory / name)

    return damage


_PLACES = {
    **PLACES,
    "a file": lambda path: path.write_bytes(b"x" * 100),
    "a link to no end": lambda path: path.symlink_to("/dev/zero"),
    "a link elsewhere": lambda path: path.symlink_to(outside(path.parent).parent),
}
