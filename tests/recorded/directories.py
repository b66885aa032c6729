"""Results directories and models of an earlier stage of the code, which later code has to read.

    python -m tests.recorded.directories first_stage

made the folder ``first_stage`` and, beside it, ``first_stage.json``: what the code of then said of
each directory, and what it made of it. Such a folder is never made again. Where the code has begun
to write something else for good, add one of another name, and keep this.
"""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa

import results
from sweep import load_model
from tests.recorded.recording import HERE, command, of_plain, of_table

#: name of a directory -> what it was run with
RUN = {
    "finished": "--data fruit.csv --hidden 5 --l1 0,0.001,0.01 --l2 0,0.001 --vary l2_w2=0,0.01 "
    "--seeds 0:3 --lr 0.03 --epochs 12 --history 4",
    "unfinished": "--data iris --hidden 32,16 --l1 0,0.01 --l2 0,0.001 --seeds 0:16 --epochs 2000 "
    "--patience 3",
    "article": "--l1 0,0.001,0.01 --l2 0,0.01 --seeds 0:2",
    "path": "--data wine --hidden none --l1 0,0.001,0.01,0.1 --l2 0,0.001 --l1-method proximal "
    "--seeds 0:2 --epochs 8 --path l1 --path-order up,cold",
    "halving": "--data breast_cancer --hidden 3 --l1 0,0.001,0.01,0.1 --l2 0,0.001,0.01 "
    "--seeds 0:2 --epochs 16 --halving 2 --history 4",
}

#: What makes a larger grid of it.
EXTENDED = {
    "finished": "--seeds 0:5 --l1 0,0.001,0.01,0.03",
    "article": "--seeds 0:4",
    "path": "--seeds 0:3",
}

#: The part of the larger grid that is missing, where it can be run elsewhere and merged.
REST = {"article": "--seeds 2:4"}

MODELS = ("best.npz", "best.safetensors", "best.onnx")

#: What is kept of the rows of a summary.
_OF_CELLS = ("runs", "diverged", "mean_final_loss", "low_final_loss", "mean_sparsity")

#: What a running sweep needs: of no use to others, and it names the machine.
_OWN = (".lock", "tmp")


def said(name: str) -> dict[str, Any]:
    """Say what the code makes of a directory that lies in the current folder, and changes there.

    Its data file lies in another folder than then: ``elsewhere``.
    """
    found: dict[str, Any] = {"runs": _of_runs(name)}
    found["status"] = json.loads(command("status", name, "--json"))
    cells = json.loads(command("summary", name, "--json"))["cells"]
    found["summary"] = [[cell.get(column) for column in _OF_CELLS] for cell in cells]
    for rule in ("min", "one-se"):
        found[f"best {rule}"] = json.loads(command("best", name, "--rule", rule, "--json"))
    if "--history" in RUN[name]:
        found["history"] = _of_frame(results.load_history(name))
    command("report", name)
    moved = ["--data", "elsewhere/fruit.csv"] if "fruit.csv" in RUN[name] else []
    again = ["run", f"{name}/sweep.toml", "--json", *moved]
    found["trained"] = json.loads(command(*again, "--out", name))["trained"]
    found["again"] = _of_runs(name)
    if "fruit.csv" in RUN[name]:
        command("best", name, "--save", "again.npz")
        found["model"] = of_model("again.npz")
    if name in REST:
        command(*again, "--out", "rest", *REST[name].split())
        command("merge", name, "rest", "--out", "merged")
        found["merged"] = _of_runs("merged")
    if name in EXTENDED:
        done = json.loads(command(*again, "--out", name, "--extend", *EXTENDED[name].split()))
        found["trained for the larger"] = done["trained"]
        found["extended"] = _of_runs(name)
        if "history" in found:
            found["extended history"] = _of_frame(results.load_history(name))
    return found


def of_model(path: str | os.PathLike[str]) -> dict[str, str]:
    """Say what a saved model is, and what it predicts for the rows of the data file."""
    predicted = command("predict", path, HERE / "fruit.csv", "--json")
    return {"is": str(load_model(path)), "predicts": of_plain(json.loads(predicted))}


def _of_runs(directory: str) -> str:
    return _of_frame(results.load(directory))


def _of_frame(frame: Any) -> str:
    """Hash a DataFrame; how pandas keeps texts depends on its version."""
    columns = {name: column.to_numpy() for name, column in frame.items()}
    return of_table(
        pa.table(
            {
                name: pa.array(values if values.dtype.kind in "if" else values.astype(str).tolist())
                for name, values in columns.items()
            }
        )
    )


def make(stage: str) -> None:
    """Make the directories and the models of a stage, and write down what is said of them."""
    target = HERE / stage
    target.mkdir()
    shutil.copy(HERE / "fruit.csv", ".")
    for name, words in RUN.items():
        command("run", *words.split(), "--out", name, "--quiet")
        if name == "unfinished":
            for part in sorted(Path(name, "parts").iterdir())[1::2]:
                part.unlink()
            for final in Path(name).glob("runs.*"):
                final.unlink()
        shutil.copytree(name, target / name, ignore=shutil.ignore_patterns(*_OWN))
    for file in MODELS:
        command("best", "finished", "--save", target / file)
    Path("elsewhere").mkdir()
    shutil.move("fruit.csv", "elsewhere")
    found = {name: said(name) for name in RUN} | {file: of_model(target / file) for file in MODELS}
    lines = [f"{json.dumps(name)}: {json.dumps(about)}" for name, about in found.items()]
    (HERE / f"{stage}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        make(sys.argv[1])
