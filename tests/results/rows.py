"""A small sweep with invented rows: what the tests of the store have to work with."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from results import columns
from results.directory.store import Store

ROOT = Path(__file__).parents[2]
WEIGHTS = ("w1", "w2")

#: The columns of what is always measured where classes are predicted.
OF_CLASSES = ("train_accuracy", "val_accuracy")


@dataclass(frozen=True)
class Fake:
    """Stands for a Sweep: axes, what else is specified, and rows that follow from both."""

    seeds: tuple[int, ...] = (1, 2)
    l1: tuple[float, ...] = (0.0, 1e-4, 0.1)
    l2: tuple[float, ...] = (0.0, 0.5)
    epochs: int = 3
    data: str = "digits"
    footer: dict = field(default_factory=lambda: {"cpu": "a", "lanes": 8})
    statuses: dict[int, str] = field(default_factory=dict)

    @property
    def grid(self) -> list[tuple]:
        return list(itertools.product(self.seeds, (0,), self.l1, self.l2, (0.01,), (0.9,)))

    @property
    def total(self) -> int:
        return len(self.grid)

    @property
    def schema(self) -> pa.Schema:
        return columns.schema(WEIGHTS, (), OF_CLASSES)

    def specification(self) -> dict:
        return {
            "seeds": list(self.seeds),
            "l1": list(self.l1),
            "l2": list(self.l2),
            "epochs": self.epochs,
            "data": self.data,
        }

    def toml(self) -> str:
        return "".join(f"{k} = {json.dumps(v)}\n" for k, v in self.specification().items())

    def number(self, table: pa.Table) -> np.ndarray:
        places = {place: run for run, place in enumerate(self.grid)}
        names = ("seed", "fold", "l1", "l2", "lr", "momentum")
        values = zip(*(table[name].to_pylist() for name in names), strict=True)
        return np.array([places.get(value, -1) for value in values], dtype=np.int64)

    def kinship(self, old: dict) -> str | None:
        axes = ("seeds", "l1", "l2")
        if any(old[key] != value for key, value in self.specification().items() if key not in axes):
            return None
        pairs = [(set(old[axis]), set(getattr(self, axis))) for axis in axes]
        if all(before == now for before, now in pairs):
            return "same"
        return "subset" if all(before <= now for before, now in pairs) else None

    def rows(self, runs: Iterable[int]) -> pa.Table:
        """Rows that depend on the coordinates alone, so that an enlarged grid has them too."""
        records = []
        for run in runs:
            seed, fold, l1, l2, lr, momentum = self.grid[run]
            draw = np.random.default_rng([seed, int(l1 * 1e6), int(l2 * 1e6)])
            record = {f.name: draw.random() for f in self.schema if f.type == pa.float64()}
            record |= {f.name: int(draw.integers(99)) for f in self.schema if f.type == pa.int64()}
            record |= dict(run=run, data=self.data, seed=seed, fold=fold, l1=l1, l2=l2, lr=lr)
            record |= dict(momentum=momentum, status=self.statuses.get(run, "done"), sparsity=0.0)
            if record["status"] != "done":
                record |= dict(final_loss=float("nan"), val_loss=None, nonzero=None)
            records.append(record)
        return pa.Table.from_pylist(records, schema=self.schema)

    def history(self, runs: Iterable[int]) -> pa.Table:
        schema = columns.history_schema((), OF_CLASSES)
        records = [
            {**row, "epoch": epoch, "loss": row["seconds"] / epoch}
            for row in self.rows(runs).to_pylist()
            for epoch in range(1, 2 + row["epochs"] % 3)
        ]
        return pa.Table.from_pylist(
            [{name: record.get(name) for name in schema.names} for record in records], schema=schema
        )

    def open(self, path: Path, **options: bool) -> Store:
        return Store.open(
            path,
            self.specification(),
            toml=self.toml(),
            schema=self.schema,
            number=self.number,
            kinship=self.kinship,
            total=self.total,
            footer=self.footer,
            **options,
        )

    def run(
        self,
        path: Path,
        size: int = 6,
        history: bool = False,
        retry_failed: bool = False,
        **options: bool,
    ) -> Path:
        """Do what the driver does."""
        with self.open(path, **options) as store:
            return self.work(store, size, history, retry_failed)

    def work(self, store: Store, size: int, history: bool, retry_failed: bool = False) -> Path:
        """Do what is missing, `size` runs a task, and write the final tables."""
        for start in range(0, self.total, size):
            stop = min(start + size, self.total)
            with store.claim(start, stop, retry_failed) as ours:
                for first, last in store.missing(start, stop, retry_failed) if ours else ():
                    runs = range(first, last)
                    store.append(
                        self.rows(runs), {"history": self.history(runs)} if history else None
                    )
        return store.finish()

    def but(self, **changes: object) -> Fake:
        return replace(self, **changes)


def final(path: Path) -> dict[str, bytes]:
    """Bytes of the final tables."""
    return {
        name: (path / name).read_bytes()
        for name in ("runs.parquet", "runs.csv", "history.parquet")
        if (path / name).exists()
    }


def runs_of(ranges: list[tuple[int, int]]) -> set[int]:
    """The runs that are in ranges."""
    return {run for start, stop in ranges for run in range(start, stop)}
