"""What a file is, told by its first bytes: its name may say anything."""

import json
import re

from sweep.errors import InputError

_PACKED = {
    "gz": re.compile(rb"\x1f\x8b"),
    "bz2": re.compile(rb"BZh[1-9](1AY&SY|\x17rE8P\x90)"),  # the second where nothing is in it
    "xz": re.compile(rb"\xfd7zXZ\0"),
    "zst": re.compile(rb"\x28\xb5\x2f\xfd"),
    "zip": re.compile(rb"PK\x03\x04"),
}

_BINARY = {b"PAR1": "Parquet", b"ARROW1": "Feather", b"\xff\xff\xff\xff": "Arrow stream"}

_SPREADSHEET = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # the container of xls, and of old .doc

_AS_CSV = "write it as CSV or Parquet"

#: What cannot be read: where its mark stands, the mark, what it is, and the mend.
_OTHERS = (
    (0, b"\x80\x02", "a Python pickle, which can run any code", _AS_CSV),
    (0, b"\x80\x03", "a Python pickle, which can run any code", _AS_CSV),
    (0, b"\x80\x04\x95", "a Python pickle, which can run any code", _AS_CSV),
    (0, b"\x80\x05\x95", "a Python pickle, which can run any code", _AS_CSV),
    (0, b"SQLite format 3\0", "an SQLite database", "write the table as CSV"),
    (0, b"\x89HDF\r\n\x1a\n", "an HDF5 file", _AS_CSV),
    (0, b"CDF\x01", "a NetCDF file", _AS_CSV),
    (0, b"\x93NUMPY", "a NumPy array", "give it from Python as (X, y)"),
    (0, b"MATLAB 5.0", "a MATLAB file", _AS_CSV),
    (0, b"<stata_dta>", "a Stata file", _AS_CSV),
    (0, b"$FL2", "an SPSS file", _AS_CSV),
    (0, b"$FL3", "an SPSS file", _AS_CSV),
    (84, b"SAS FILE", "a SAS file", _AS_CSV),
    (0, b"HEADER RECORD*******", "a SAS transport file", _AS_CSV),
    (0, b"RDX2\n", "an R data file", "write it by write.csv"),
    (0, b"RDX3\n", "an R data file", "write it by write.csv"),
    (0, b"X\n\0\0\0", "an R data file", "write it by write.csv"),
    (0, b"ORC", "an ORC file", _AS_CSV),
    (0, b"Obj\x01", "an Avro file", _AS_CSV),
    (0, b"FEA1", "a Feather file of the old version 1", "write it by pyarrow or pandas of today"),
    (8, b"DUCK", "a DuckDB database", "write the table as CSV"),
    (257, b"ustar", "a tar archive", "unpack it, and give the table in it"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it"),
    (0, b"Rar!", "a rar archive", "unpack it"),
    (0, b"\x04\x22\x4d\x18", "packed by lz4", "unpack it, or pack it by gz, bz2, xz or zst"),
    (0, b"\x1f\x9d", "packed by compress", "unpack it, or pack it by gz, bz2, xz or zst"),
    (0, b"PK\x05\x06", "an empty zip archive", "put the table in it"),
    (0, b"%PDF-", "a PDF document", "copy the table into a spreadsheet, and write it as CSV"),
    (0, b"\x89PNG", "a picture", "give a table"),
    (0, b"\xff\xd8\xff", "a picture", "give a table"),
    (0, b"\x7fELF", "a program", "give a table"),
)

#: Marks that may as well be the first letters of a text; no text has a zero.
_SHORT = (b"ORC", b"DUCK", b"$FL2", b"$FL3")

_MARKUP = re.compile(r"\s*<(!doctype html|html|head|body|table|\?xml)\b", re.IGNORECASE)
_ARFF = re.compile(r"(?:[ \t]*(?:%[^\n]*)?\r?\n)*[ \t]*@relation\b", re.IGNORECASE)


def packed(head: bytes) -> str | None:
    """Return by what a file is compressed."""
    return next((name for name, mark in _PACKED.items() if mark.match(head)), None)


def binary(head: bytes, source: str) -> str | None:
    """Return which of the formats that are no text a file has, by its first bytes.

    Raises
    ------
    InputError
        It names the format of a file that cannot be read.
    """
    for place, mark, what, mend in _OTHERS:
        if head.startswith(mark, place) and (mark not in _SHORT or b"\0" in head):
            raise InputError(f"{source} is {what}: {mend}")
    if head.startswith(_SPREADSHEET):
        return "spreadsheet"
    return next((name for mark, name in _BINARY.items() if head.startswith(mark)), None)


def textual(head: str, source: str) -> str:
    """Return which of the formats that are text a file has: ARFF, JSON lines or CSV.

    ``head`` is its first lines.
    """
    if markup := _MARKUP.match(head):
        what = "XML" if markup[1] == "?xml" else "an HTML page"
        raise InputError(
            f"{source} is {what}, and no table: download the file itself, or write it as CSV"
        )
    if _ARFF.match(head):
        return "ARFF"
    start = head.lstrip()
    if re.match(r"\[\s*[\[{]", start):
        raise InputError(f"{source} is one JSON document: {_JSON_MEND}")
    if start[:1] == "{":
        line = start.split("\n", 1)[0]
        if _is_json(line):
            if any(isinstance(value, dict) for value in json.loads(line).values()):
                raise InputError(
                    f"{source} is one JSON document, or has nested cells: {_JSON_MEND}"
                )
            return "JSON lines"
        if line.rstrip() == "{" or re.match(r'\{\s*"[^"\n]*"\s*:', start):
            raise InputError(f"{source} is one JSON document, or is broken JSON: {_JSON_MEND}")
    return "CSV"


_JSON_MEND = (
    'write one object for each row, on a line of its own (pandas: to_json(orient="records", '
    "lines=True))"
)


def _is_json(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
