"""Small tables with the quirks of files that people download.

Each function writes one and is named after what it is like; what `sweep` should make of it stands
in `tests/tables/test_tables.py`. Values are drawn from a stream that NumPy never changes.
"""

import bz2
import gzip
import json
import lzma
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd

ROWS = 120


def _draw(seed: int) -> np.random.RandomState:
    return np.random.RandomState(seed)


def _numbers(rows: int = ROWS, columns: int = 3, classes: int = 2, seed: int = 0) -> pd.DataFrame:
    """Return numbers that tell the classes, and these last, each as often as the others."""
    draw = _draw(seed)
    label = np.arange(rows) % classes
    values = (draw.normal(size=(rows, columns)) + 2 * label[:, None]).round(2)
    frame = pd.DataFrame(values, columns=[f"v{place + 1}" for place in range(columns)])
    return frame.assign(label=label)


def _cycled(values: list, rows: int = ROWS) -> list:
    return [values[row % len(values)] for row in range(rows)]


def titanic(path: Path) -> None:
    """Names, tickets and cabins among the columns, ages missing, the class second."""
    draw = _draw(1)
    age = draw.randint(1, 80, ROWS).astype(float)
    age[::5] = np.nan
    pd.DataFrame(
        {
            "PassengerId": np.arange(1, ROWS + 1),
            "Survived": _cycled([0, 1, 0]),
            "Pclass": _cycled([3, 1, 3, 2]),
            "Name": [f"Doe, Mr. John {row}" for row in range(ROWS)],
            "Sex": _cycled(["male", "female", "male"]),
            "Age": age,
            "SibSp": draw.randint(0, 4, ROWS),
            "Ticket": [f"A/5 {21171 + row}" for row in range(ROWS)],
            "Fare": draw.uniform(5, 100, ROWS).round(4),
            "Cabin": [f"C{row}" if row % 4 == 0 else None for row in range(ROWS)],
            "Embarked": [None if row == 61 else "SCQ"[row % 3] for row in range(ROWS)],
        }
    ).to_csv(path, index=False)


def penguins(path: Path) -> None:
    """The class first, NA for what is missing."""
    frame = _numbers(classes=3, columns=2)
    frame.columns = ["bill_length_mm", "body_mass_g", "species"]
    frame["species"] = [("Adelie", "Chinstrap", "Gentoo")[place] for place in frame["species"]]
    frame["island"] = _cycled(["Biscoe", "Dream"])
    frame["sex"] = _cycled(["male", "female", "male", "female", "female"])
    frame.loc[3, ["bill_length_mm", "body_mass_g"]] = np.nan
    frame.loc[[3, 8, 90], "sex"] = None
    order = ["species", "island", "bill_length_mm", "body_mass_g", "sex"]
    frame[order].to_csv(path, index=False, na_rep="NA")


def adult(path: Path) -> None:
    """No header, a blank after each comma, question marks for what is missing."""
    draw = _draw(2)
    work = _cycled(["Private", "State-gov", "?", "Private"])
    rows = zip(
        draw.randint(17, 90, ROWS),
        work,
        draw.randint(1, 17, ROWS),
        _cycled(["Male", "Female"]),
        _cycled(["<=50K", "<=50K", ">50K", "<=50K"]),
        strict=True,
    )
    path.write_text("".join(", ".join(map(str, row)) + "\n" for row in rows) + "\n")


def bank(path: Path) -> None:
    """Semicolons, every text in quotes, one class in nine."""
    frame = pd.DataFrame(
        {
            "age": _draw(3).randint(18, 90, 180),
            "job": _cycled(["admin.", "blue-collar", "unknown"], 180),
            "balance": _draw(4).randint(-300, 9000, 180),
            "y": _cycled(["no"] * 8 + ["yes"], 180),
        }
    )
    frame.to_csv(path, sep=";", index=False, quoting=2)


def wine_quality(path: Path) -> None:
    """Semicolons, names in quotes, whole numbers for classes."""
    frame = _numbers(classes=4)
    frame.columns = ["fixed acidity", "pH", "alcohol", "quality"]
    frame["quality"] += 4
    frame.to_csv(path, sep=";", index=False, quoting=2)


def mnist(path: Path) -> None:
    """The label first, pixels of which some are always 0; packed."""
    draw = _draw(5)
    pixels = draw.randint(0, 256, (ROWS, 16)) * (np.arange(16) % 5 > 0)
    frame = pd.DataFrame(
        pixels, columns=[f"{row}x{column}" for row in range(4) for column in range(4)]
    )
    frame.insert(0, "label", np.arange(ROWS) % 10)
    with gzip.open(path, "wt") as file:
        frame.to_csv(file, index=False)


def sonar(path: Path) -> None:
    """No header, numbers and a letter."""
    frame = _numbers(columns=6)
    frame["label"] = frame["label"].map({0: "R", 1: "M"})
    frame.to_csv(path, index=False, header=False)


def churn(path: Path) -> None:
    """Ids that count for nothing, blanks for numbers that are missing, Yes and No."""
    draw = _draw(6)
    pd.DataFrame(
        {
            "customerID": [f"{row:04d}-VHVEG" for row in range(ROWS)],
            "SeniorCitizen": _cycled([0, 0, 1]),
            "Contract": _cycled(["Month-to-month", "One year", "Two year", "Month-to-month"]),
            "MonthlyCharges": draw.uniform(18, 120, ROWS).round(2),
            "TotalCharges": [
                " " if row % 40 == 7 else f"{charge:.2f}"
                for row, charge in enumerate(draw.uniform(18, 8000, ROWS))
            ],
            "Churn": _cycled(["No", "No", "Yes", "No"]),
        }
    ).to_csv(path, index=False)


def fraud(path: Path) -> None:
    """One row of five hundred is of the class that matters, and the classes are in quotes."""
    rows = 5000
    label = (np.arange(rows) % 500 == 250).astype(int)
    frame = pd.DataFrame(_draw(7).normal(size=(rows, 3)).round(6), columns=["V1", "V2", "Amount"])
    frame["V1"] += 3 * label
    frame["Class"] = label.astype(str)
    frame.to_csv(path, index=False, quoting=2)


def index_of_pandas(path: Path) -> None:
    """What `DataFrame.to_csv` writes unless told otherwise."""
    _numbers().to_csv(path)


def row_names_of_r(path: Path) -> None:
    """What R's write.csv writes unless told otherwise."""
    frame = _numbers().assign(label=lambda f: f["label"].map({0: "setosa", 1: "virginica"}))
    frame.index = pd.Index(map(str, range(1, ROWS + 1)))
    frame.to_csv(path, quoting=2, index_label="")


def french(path: Path) -> None:
    """Semicolons, decimal commas and accents of Latin-1."""
    frame = _numbers().assign(ville=_cycled(["Orléans", "Nîmes", "Paris"]))
    frame[["v1", "v2", "v3", "ville", "label"]].to_csv(
        path, sep=";", decimal=",", index=False, encoding="latin-1"
    )


def unicode_text_of_excel(path: Path) -> None:
    """Tabs and UTF-16."""
    frame = _numbers().assign(ville=_cycled(["Łódź", "Kraków"]))
    frame[["ville", "v1", "v2", "label"]].to_csv(path, sep="\t", index=False, encoding="utf-16")


def byte_order_mark(path: Path) -> None:
    """The mark that Excel puts before UTF-8, which is no letter of the first name."""
    _numbers().to_csv(path, index=False, encoding="utf-8-sig")


def tabs(path: Path) -> None:
    _numbers().to_csv(path, sep="\t", index=False)


def pipes(path: Path) -> None:
    _numbers().to_csv(path, sep="|", index=False)


def german(path: Path) -> None:
    """No header, a blank between cells, codes that are texts, classes 1 and 2."""
    draw = _draw(8)
    rows = zip(
        _cycled(["A11", "A12", "A14"]),
        draw.randint(4, 72, ROWS),
        _cycled(["A34", "A32"]),
        _cycled([1, 1, 2]),
        strict=True,
    )
    path.write_text("".join(" ".join(map(str, row)) + "\n" for row in rows))


def windows_lines(path: Path) -> None:
    """Carriage returns, and blank lines at the end."""
    _numbers().to_csv(path, index=False, lineterminator="\r\n")
    with path.open("ab") as file:
        file.write(b"\r\n\r\n")


def notes_of_several_lines(path: Path) -> None:
    """Line breaks and separators in quotes."""
    _numbers().assign(
        note=_cycled(["good;\nas new", 'poor, "used"']), label=lambda f: f.pop("label")
    ).to_csv(path, index=False)


def spreadsheet(path: Path) -> None:
    _numbers().to_excel(path, index=False)


def feather(path: Path) -> None:
    _numbers().to_feather(path)


def parquet_with_categories(path: Path) -> None:
    frame = _numbers().assign(size=pd.Categorical(_cycled(["s", "m", "l"]), ["s", "m", "l"]))
    frame[["size", "v1", "label"]].to_parquet(path)


def arff(path: Path) -> None:
    """Attributes that say what they are, and a class that is one of them."""
    draw = _draw(9)
    lines = ["% a comment", "@relation weather", "@attribute outlook {sunny, rainy}"]
    lines += ["@attribute temperature numeric", "@attribute play {yes, no}", "@data"]
    cells = zip(_cycled(["sunny", "rainy"]), draw.randint(60, 90, ROWS), strict=True)
    lines += [f"{sky},{heat},{'yes' if heat > 74 else 'no'}" for sky, heat in cells]
    path.write_text("\n".join(lines) + "\n")


def json_lines(path: Path) -> None:
    path.write_text(_numbers().to_json(orient="records", lines=True))


def json_document(path: Path) -> None:
    path.write_text(json.dumps(_numbers().to_dict("records")))


def zipped(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data/table.csv", _numbers().to_csv(index=False))


def bzipped(path: Path) -> None:
    path.write_bytes(bz2.compress(_numbers().to_csv(index=False).encode()))


def xzipped(path: Path) -> None:
    path.write_bytes(lzma.compress(_numbers().to_csv(index=False).encode()))


def zstandard(path: Path) -> None:
    import pyarrow as pa

    with pa.output_stream(str(path), compression="zstd") as file:
        file.write(_numbers().to_csv(index=False).encode())


def thousands(path: Path) -> None:
    """Numbers of which commas set off the thousands."""
    _with_text(path, [f"{1000 + 7 * row:,}" for row in range(ROWS)])


def prices(path: Path) -> None:
    _with_text(path, [f"${1 + row / 8:.2f}" for row in range(ROWS)])


def percentages(path: Path) -> None:
    _with_text(path, [f"{row % 70}%" for row in range(ROWS)])


def decimal_commas_in_quotes(path: Path) -> None:
    _with_text(path, [f"{row / 8:.1f}".replace(".", ",") for row in range(ROWS)])


def dates(path: Path) -> None:
    _with_text(path, [str(day.date()) for day in pd.date_range("2020-01-31", periods=ROWS)])


def surnames(path: Path) -> None:
    _with_text(path, [f"Smith{row}" for row in range(ROWS)])


def _with_text(path: Path, texts: list[str]) -> None:
    frame = _numbers()
    frame.insert(1, "said", texts)
    frame.to_csv(path, index=False)


def countries(path: Path) -> None:
    """Codes in quotes, of which Namibia's is NA, and a number that is not there."""
    rows = [f'"{code}",{row / 4},{row % 2}' for row, code in enumerate(_cycled(["NA", "DE", "FR"]))]
    rows[5] = '"FR",NA,1'
    path.write_text("\n".join(["country,size,label", *rows]) + "\n")


def true_false_maybe(path: Path) -> None:
    frame = _numbers().assign(member=_cycled(["True", "False", "maybe"]))
    frame[["v1", "member", "label"]].to_csv(path, index=False)


def shouted_truth(path: Path) -> None:
    """Classes TRUE and FALSE, as R and spreadsheets write them."""
    _numbers().assign(label=lambda f: f["label"].map({0: "FALSE", 1: "TRUE"})).to_csv(
        path, index=False
    )


def leading_zeros(path: Path) -> None:
    """Classes that begin with zeros."""
    _numbers().assign(label=lambda f: f["label"].map({0: "006", 1: "007"})).to_csv(
        path, index=False
    )


def minus_999(path: Path) -> None:
    """A number that stands for none."""
    frame = _numbers()
    frame.loc[::10, "v2"] = -999
    frame.to_csv(path, index=False)


def months(path: Path) -> None:
    """Numbers that are names."""
    frame = _numbers()
    frame.insert(0, "month", np.arange(ROWS) % 12 + 1)
    frame.to_csv(path, index=False)


def patients(path: Path) -> None:
    """Several rows of each patient."""
    frame = _numbers()
    frame.insert(0, "patient", np.arange(ROWS) // 6)
    frame.to_csv(path, index=False)


def survey(path: Path) -> None:
    """What each row stands for."""
    frame = _numbers()
    frame.insert(0, "persons", _draw(10).randint(1, 9, ROWS))
    frame.to_csv(path, index=False)


def turbine(path: Path) -> None:
    """Rows in time, as they came."""
    frame = _numbers()
    frame.insert(0, "when", [str(t) for t in pd.date_range("2021-03-01", periods=ROWS, freq="h")])
    frame.sample(frac=1, random_state=_draw(11)).to_csv(path, index=False)


def house_prices(path: Path) -> None:
    """Numbers to predict, and no classes."""
    frame = _numbers().drop(columns="label")
    frame["price"] = (1000 * frame["v1"] + 9999.5).round(1)
    frame.to_csv(path, index=False)


def counts_to_predict(path: Path) -> None:
    frame = _numbers().drop(columns="label")
    frame["rentals"] = np.arange(ROWS) * 7 % 97
    frame.to_csv(path, index=False)


def each_its_own_class(path: Path) -> None:
    _numbers().assign(label=[f"id{row}" for row in range(ROWS)]).to_csv(path, index=False)


def names_twice(path: Path) -> None:
    path.write_text("a,a,label\n" + "".join(f"{row},{row % 7},{row % 2}\n" for row in range(ROWS)))


def sparse_arff(path: Path) -> None:
    lines = ["@relation sparse", "@attribute a numeric", "@attribute b {x, y}", "@data"]
    path.write_text("\n".join(lines + ["{0 1.5, 1 y}"] * ROWS) + "\n")
