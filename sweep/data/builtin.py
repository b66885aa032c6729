"""The four data sets that come with scikit-learn, read without the second that its import takes."""

from importlib import util
from pathlib import Path

import numpy as np

from sweep.errors import InputError

_CELL = "radius,texture,perimeter,area,smoothness,compactness,concavity,concave points,symmetry,"
_CELL += "fractal dimension"
_WINE = "alcohol,malic_acid,ash,alcalinity_of_ash,magnesium,total_phenols,flavanoids,"
_WINE += "nonflavanoid_phenols,proanthocyanins,color_intensity,hue,od280/od315_of_diluted_wines,"
_WINE += "proline"

#: The column that the classes of each are given.
CLASS = "class"

#: name -> its file, and the names of its features, which are scikit-learn's.
SETS: dict[str, tuple[str, tuple[str, ...]]] = {
    "iris": (
        "iris.csv",
        tuple(f"{part} {side} (cm)" for part in ("sepal", "petal") for side in ("length", "width")),
    ),
    "wine": ("wine_data.csv", tuple(_WINE.split(","))),
    "breast_cancer": (
        "breast_cancer.csv",
        tuple(
            form.format(cell)
            for form in ("mean {}", "{} error", "worst {}")
            for cell in _CELL.split(",")
        ),
    ),
    "digits": ("digits.csv.gz", tuple(f"pixel_{i}_{j}" for i in range(8) for j in range(8))),
}


def read(name: str) -> tuple[np.ndarray, np.ndarray, tuple[str, ...], tuple[str, ...]]:
    """Return X, y, the classes in scikit-learn's order, and the features of a set in `SETS`."""
    sklearn = util.find_spec("sklearn")
    if sklearn is None or sklearn.origin is None:
        raise InputError(f"{name} comes with scikit-learn, which is not installed here")
    file, features = SETS[name]
    path = Path(sklearn.origin).parent / "datasets" / "data" / file
    if not path.exists():  # a release that keeps it elsewhere: let it find its own file
        from sklearn import datasets

        bunch = getattr(datasets, f"load_{name}")()
        rows = np.column_stack([bunch.data, bunch.target])
        classes = tuple(map(str, bunch.target_names))
    elif name == "digits":
        rows = np.loadtxt(path, delimiter=",")
        classes = tuple("0123456789")
    else:
        with path.open(encoding="utf-8") as lines:  # the first: rows, columns, the classes
            classes = tuple(next(lines).strip().split(",")[2:])
            rows = np.loadtxt(lines, delimiter=",")
    return np.ascontiguousarray(rows[:, :-1]), rows[:, -1].astype(np.int64), classes, features
