"""What the estimators share with scikit-learn's, as a table: ``python -m tests.parity --write``.

It is made from the signatures of both, their methods, and the attributes that their docstrings
name. The README holds it between two comments; with ``--write`` it is put there anew.
"""

import argparse
import inspect
import re
from pathlib import Path

from sklearn.base import BaseEstimator
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier, MLPRegressor

from sweep import (
    RegularizedMLPClassifier,
    RegularizedMLPClassifierCV,
    RegularizedMLPRegressor,
)

README = Path(__file__).parents[1] / "README.md"
BEGINS, ENDS = "<!-- made by tests.parity -->\n", "<!-- until here -->\n"
PAIRS = (
    (MLPClassifier, RegularizedMLPClassifier),
    (MLPRegressor, RegularizedMLPRegressor),
    (GridSearchCV, RegularizedMLPClassifierCV),
)


def parameters(of: type) -> set[str]:
    """Return the parameters of a class."""
    return set(inspect.signature(of).parameters)


def attributes(of: type) -> set[str]:
    """Return what a fit sets, as far as the docstring names it."""
    section = re.split(r"\n *Attributes\n *-+\n", inspect.getdoc(of))[1]
    section = re.split(r"\n\w[^\n]*\n-+\n", section)[0]
    named = re.findall(r"^(\w.*?)(?: ?:.*)?$", section, re.MULTILINE)
    return {name.strip() for names in named for name in names.split(",") if name.endswith("_")}


def methods(of: type) -> set[str]:
    """Return the methods of a class that not every estimator has."""
    found = {name for name in dir(of) if callable(getattr(of, name, None))}
    return {n for n in found - set(dir(BaseEstimator)) if not re.match(r"_|set_\w+_request", n)}


def table() -> str:
    """Return the table as it stands in the README."""
    lines = ["| | in both | theirs alone | ours alone |", "| --- | --- | --- | --- |"]
    for theirs, mine in PAIRS:
        for kind in (parameters, attributes, methods):
            one, other = kind(theirs), kind(mine)
            cells = (one & other, one - other, other - one)
            told = " | ".join(", ".join(f"`{n}`" for n in sorted(cell)) or "-" for cell in cells)
            lines.append(f"| {kind.__name__} of `{theirs.__name__}` | {told} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the table, or write it to the README."""
    parser = argparse.ArgumentParser(prog="python -m tests.parity")
    parser.add_argument("--write", action="store_true", help="put it into the README")
    if not parser.parse_args().write:
        print(table(), end="")
        return
    before, _, rest = README.read_text().partition(BEGINS)
    _, _, after = rest.partition(ENDS)
    README.write_text(f"{before}{BEGINS}{table()}{ENDS}{after}")


if __name__ == "__main__":
    main()
