"""The report: one HTML page that holds everything and asks no other host for anything.

Its templates and scripts are in ``browser``; what these work with is made in
`results.page.pagedata`, and what is shown without them in `results.page.still`. Texts from the
tables are escaped: a directory may be a stranger's.
"""

from __future__ import annotations

import base64
import json
import os
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np

from results.cells import wording
from results.cells.best import best, no_mean
from results.cells.choice import TELLING, Choice, Stop, choose
from results.cells.epochs import late_fall_of, of_late_fall, stopped
from results.cells.importance import shares
from results.cells.notes import edges
from results.cells.summary import axis_names, deciding, summary, whole
from results.columns import FURTHER, MEASURED, RANKED, SUMMARY
from results.directory import durable, layout, parts, sweeptoml
from results.errors import ResultsError
from results.labels import axis as axis_name
from results.labels import counted, most, number, place, printable
from results.page.commands import commands
from results.page.inputs import Inputs
from results.page.pagedata import compared_with, history_data, page_data
from results.page.predicted import Predicted
from results.page.still import still
from results.plane import is_number

if TYPE_CHECKING:
    import pandas as pd

NAME = "report.html"

#: What the page is made from, and what its pictures are drawn with: gzip, as the page holds it too.
BROWSER = Path(__file__).parent / "browser"
PLOTLY = "plotly-cartesian-4.1.1.min.js.gz"

#: Parts of an unfinished sweep that are asked which machine wrote them.
_LOOKED_AT = 100


#: What a network without hidden layers is called, by its loss.
_WITHOUT_LAYERS = {
    "cross_entropy": "softmax regression",
    "logistic": "logistic regression",
    "poisson": "Poisson regression",
}

#: Share of the variance from which an axis or a pair is named.
_LEAST = 0.005

_SHOWN = (
    *SUMMARY,
    *(f"val_{metric.name}" for metric in FURTHER),
    *(f"train_{metric.name}" for metric in (*MEASURED, *FURTHER)),
    "dead_units",
)


def write(
    directory: str | os.PathLike[str],
    runs: pd.DataFrame,
    out: Path | None = None,
    total: int | None = None,
    seeds: int | None = None,
    by: str | None = None,
    predicted: Predicted | None = None,
    inputs: Inputs | str | None = None,
) -> Path:
    """Write the page about a results directory, and return its path.

    Parameters
    ----------
    directory : path
    runs : DataFrame
        What `results.load` returns of it.
    out : Path, optional
        By default ``report.html`` in the directory.
    total, seeds : int, optional
        Runs and seeds of the whole grid, where they are known.
    by : str, optional
        The metric that decides, as for `results.summary`.
    predicted : Predicted, optional
        What the best cell predicts.
    inputs : Inputs or str, optional
        Which columns of the data it uses, or why that is not known.
    """
    path = out or Path(directory) / NAME
    text = page(Path(directory), runs, path.parent, total, seeds, by, predicted, inputs)
    durable.write(path, text.encode(), path.parent)
    return path


def page(
    directory: Path,
    runs: pd.DataFrame,
    beside: Path,
    total: int | None = None,
    seeds: int | None = None,
    by: str | None = None,
    predicted: Predicted | None = None,
    inputs: Inputs | str | None = None,
) -> str:
    """Return the page about a results directory, with links that work in the folder `beside`."""
    import jinja2

    toml = sweeptoml.read(directory)
    spec = tomllib.loads(toml)
    patience = spec.get("patience", "off")  # of several values a text
    waits = patience if isinstance(patience, int) else 0
    stop = (
        Stop(waits, spec["epochs"], spec.get("schedule", "constant")) if patience != "off" else None
    )
    layers = [name for name in runs.columns if name.startswith("sparsity_")]
    metrics = [name for name in (*_SHOWN, *layers) if name in runs]
    cells = summary(runs, [*metrics, *(name for name in TELLING if name in runs)], by)
    known = {deciding(cells), *(name for name in metrics if runs[name].notna().any())}
    metrics = [name for name in metrics if name in known]
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(BROWSER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {"allow_nan": False}
    shown: dict[str, Any] = {"data": None}
    if (cells["seeds"] > 0).any():
        data, arrays = page_data(runs, cells, metrics, history_data(directory, cells))
        data["commands"] = commands(directory, cells, spec)
        data["inputs"] = inputs.lines if isinstance(inputs, Inputs) else None
        told = [name for name in metrics if name not in layers]
        shown = {
            "data": data,
            "arrays": arrays,
            "plotly": base64.b64encode((BROWSER / PLOTLY).read_bytes()).decode(),
            "still": still(cells, told, data["epochs"]),
        }
    return environment.get_template(NAME).render(
        **shown,
        name=printable(runs["data"].iloc[0]),
        counts=_counts(directory, runs, total),
        ranking="Loss" if deciding(cells) in RANKED else deciding(cells),
        question=_question(runs, cells, spec, seeds),
        matters=matters(cells),
        answers=[*answers(cells, runs, spec.get("path"), stop), *_late(directory, cells)],
        predicted=predicted,
        inputs=inputs,
        toml=toml,
        machines=_machines(directory),
        files=_files(directory, beside),
    )


def matters(cells: pd.DataFrame) -> dict[str, Any] | None:
    """Return which axes matter as texts and widths of bars, None where that cannot be told."""
    found = shares.of_cells(cells)
    if isinstance(found, str):
        return None
    names = [name for name, share in found.parts.items() if share >= _LEAST or name == shares.REST]
    sizes = {name: found.parts[name] for name in names}
    sizes[shares.REST] = max(1 - sum(sizes[name] for name in names if name != shares.REST), 0.0)
    rows = [
        {
            "axes": name,
            "share": shares.percent(share, found.errors.get(name, 0.0)),
            "width": f"{100 * share:.1f}",
        }
        for name, share in sizes.items()
    ]
    sure = "; ± is a standard deviation" if any(found.errors.values()) else ""
    return {"rows": rows, "told": f"Shares {shares.meaning(found)}{sure}."}


def answers(
    cells: pd.DataFrame,
    runs: pd.DataFrame | None = None,
    along: str | None = None,
    stop: Stop | None = None,
) -> list[str]:
    """Say in sentences what the sweep found; see `results.cells.choice.choose`."""
    metric = deciding(cells)
    if not (cells["seeds"] > 0).any():
        return [_nothing(cells)]
    try:
        lowest, sparsest = (choose(cells, rule, runs, along, stop) for rule in ("min", "one-se"))
    except ResultsError as error:
        return [str(error)]
    found = [_chosen(most(metric).capitalize(), lowest)]
    notes = list(lowest.notes)
    if sparsest.row["rule"].iloc[0] == "one-se":  # else there is no standard error
        figures = [text for text in sparsest.figures if text not in lowest.figures]
        found.append(_chosen("Sparsest as good", sparsest._replace(figures=figures)))
        notes += [note for note in edges(cells, sparsest.row.iloc[0]) if note not in notes]
    cell = lowest.row.iloc[0]
    mean, low, high = (cell[f"{part}_{metric}_from_none"] for part in ("mean", "low", "high"))
    if np.isfinite(low) and mean and compared_with(cells)[lowest.row.index[0]] >= 0:
        found.append(
            f"Against no penalty, {wording.pairs(cells)}, the {metric} of the first differs by "
            f"{number(mean)} (95 % interval {number(low)} to {number(high)}, "
            f"{wording.intervals(lowest.row, [metric])}; it was chosen as the {most(metric)} of "
            f"{counted(int((whole(cells) | stopped(cells)).sum()), 'cell')}, which makes it look "
            "better than it is)."
        )
    return found + notes


def _late(directory: Path, cells: pd.DataFrame) -> list[str]:
    """Say how far the loss of the best cell still fell at the end, if there is a best one."""
    with suppress(ResultsError):
        return [of_late_fall(late_fall_of(directory, cells, best(cells).iloc[0]))]
    return []


def _chosen(heading: str, choice: Choice) -> str:
    """Say which cell was chosen, and what it gives on rows that chose nothing."""
    return " ".join((f"{heading}: {choice.row['why'].iloc[0]}", *choice.figures))


def _nothing(cells: pd.DataFrame) -> str:
    """Say why there is nothing to choose from, and the mend."""
    if "undefined" in cells and cells["undefined"].any():
        return f"No cell can be ranked: {no_mean(cells, deciding(cells))}."
    runs, diverged = int(cells["runs"].sum()), int(cells["diverged"].sum())
    if diverged == runs:
        rates = _listed(cells["lr"])
        all_of_them = "The only run" if runs == 1 else f"All {counted(runs, 'run')}"
        return (
            f"{all_of_them} diverged, so there is nothing to show: try a lower learning rate than "
            f"lr = {rates[0]}" + (f" (tried: {', '.join(rates)})." if len(rates) > 1 else ".")
        )
    return (
        "No cell has all folds of a seed finished and finite yet, so there is nothing to show: "
        f"{diverged:,} of {counted(runs, 'run')} diverged."
    )


def _listed(values: pd.Series) -> list[str]:
    found = np.unique(values).tolist()
    return [place(value, found) for value in found]


def _question(
    runs: pd.DataFrame, cells: pd.DataFrame, spec: Mapping[str, Any], seeds: int | None = None
) -> str:
    """Say what was asked, as a question."""
    varied = []
    for name in axis_names(cells):
        values = np.unique(cells[name])
        if len(values) > 1:
            texts = _listed(cells[name])
            told = f"{len(values)} values, {texts[0]} to {texts[-1]}"
            told = told if is_number(values) else ", ".join(texts)
            varied.append(f"{axis_name(name)} ({told})")
    hidden = spec.get("hidden", "none")
    linear = _WITHOUT_LAYERS.get(spec.get("loss", "cross_entropy"), "linear regression")
    network = linear if hidden == "none" else f"a network with hidden layers {hidden}"
    network = "a network" if "hidden" in axis_names(cells) else network
    asked = " and ".join(filter(None, [", ".join(varied[:-1]), *varied[-1:]]))
    data = printable(cells["data"].iloc[0])
    there = int(runs["seed"].nunique())
    over = counted(there, "seed")
    if seeds and there < seeds:
        over = f"{there:,} of {counted(seeds, 'seed')}"
    if not asked:
        l1, l2 = number(cells["l1"].iloc[0]), number(cells["l2"].iloc[0])
        return f"How does {network} do on {data} with l1 = {l1} and l2 = {l2}, over {over}?"
    return f"What does {asked} do to {network} on {data}, over {over}?"


def _counts(directory: Path, runs: pd.DataFrame, total: int | None) -> str:
    by_status = runs["status"].value_counts()
    told = ", ".join(f"{count:,} {status}" for status, count in by_status.items())
    if (directory / layout.RUNS).is_file():
        return f"{counted(len(runs), 'run')} ({told})"
    there = f"{len(runs):,} of {counted(total, 'run')}" if total else counted(len(runs), "run")
    return f"not complete: so far {there} ({told})"


def _machines(directory: Path) -> list[dict[str, Any]]:
    """Return what the writers of the table say of themselves."""
    final = directory / layout.RUNS
    if final.is_file():
        made_by = parts.about(final, parts.footer(final)).get("made_by", [])
        return [one for one in made_by if isinstance(one, dict)]
    texts = set()
    for path in sorted((directory / layout.PARTS).glob("part-*.parquet"))[:_LOOKED_AT]:
        with suppress(parts.Damaged, FileNotFoundError):
            texts.add(parts.look(path).made_by)
    return [json.loads(text) for text in sorted(texts)]


def _files(directory: Path, beside: Path) -> list[dict[str, str]]:
    """List what there is in the directory to look at."""
    shown = {".parquet", ".csv", ".toml", ".png", ".svg", ".pdf"}
    return [
        {
            "name": path.name,
            "link": quote(os.path.relpath(path, beside)),
            "size": _size(path.stat().st_size),
        }
        for path in sorted(directory.iterdir())
        if path.suffix in shown and path.is_file() and not path.is_symlink()
    ]


def _size(count: int) -> str:
    power = 0 if count < 1000 else int(np.log10(count)) // 3
    return f"{count / 1000**power:.3g} {('bytes', 'kB', 'MB', 'GB', 'TB')[power]}"
