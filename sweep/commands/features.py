"""What `sweep features` does: which columns of the data runs use, at a cell and along a penalty."""

from __future__ import annotations

import json as json_format
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from results.cells.features.of_cells import ranked
from results.cells.summary import axis_names
from results.directory import durable
from results.terminal.look import Look, wrapped
from sweep.commands.kept import Kept, kept_of
from sweep.commands.kept_in_words import notes, title
from sweep.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

#: The tables that are written: those of the chosen cell, and of all cells of its path.
CHOSEN, PATH = "features.csv", "stability.parquet"


def show(
    directory: str,
    metric: str | None,
    at: Sequence[str],
    threshold: float,
    out: str | None,
    as_json: bool,
) -> int:
    """Write the tables of features, and show those of the chosen cell."""
    from sweep.commands.look import finished_runs, held_at

    if not 0.5 < threshold <= 1:
        raise InputError(f"--threshold should be above 0.5 and at most 1; it is {threshold}")
    kept = kept_of(directory, finished_runs(directory), metric, held_at(at), threshold)
    folder = Path(out or directory)
    durable.folder(folder)
    _write(kept, folder)
    if as_json:
        print(json_format.dumps(_as_data(kept, ranked(kept.rows))))
    else:
        _print(kept, folder)
    return 0


def _write(kept: Kept, folder: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from results.directory import csvfile

    chosen, path = (
        pa.Table.from_pandas(rows, preserve_index=False) for rows in (kept.rows, kept.path)
    )
    with durable.writing(folder / CHOSEN, folder) as sink:
        sink.write(csvfile.header(chosen.schema))
        csvfile.write(chosen, sink)
    with durable.writing(folder / PATH, folder) as sink, pa.PythonFile(sink, "w") as file:
        pq.write_table(path.replace_schema_metadata(None), file)


def _print(kept: Kept, folder: Path) -> None:
    from rich.console import Console

    from results.terminal.features import lines

    look = Look.of(sys.stdout, Console(file=sys.stdout, highlight=False))
    table = lines(kept.rows, look, str(folder / CHOSEN))
    sure = look.interval if look.interval in table[0] else ""
    around = ([title(kept)], notes(kept, sure))
    above, below = (
        [line for text in some for line in wrapped(text, look.width)] for some in around
    )
    print(*above, *table, *below, sep="\n")
    print(folder / CHOSEN, folder / PATH, sep="\n", file=sys.stderr)


def _as_data(kept: Kept, rows: pd.DataFrame) -> dict[str, Any]:
    from sweep.commands.look import plain_rows

    place = {name: kept.cell[name] for name in axis_names(kept.cells)}
    return {
        "cell": {
            name: getattr(value, "item", lambda v=value: v)() for name, value in place.items()
        },
        "along": kept.along,
        "threshold": kept.threshold,
        "kept_on_average": kept.on_average,
        "pairs": kept.pairs,
        "bounds": kept.bounds
        and {
            name: value if np.isfinite(value) else None
            for name, value in kept.bounds._asdict().items()
        },
        "features": plain_rows(rows),
    }
