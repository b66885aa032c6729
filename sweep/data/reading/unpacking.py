"""A compressed file -> what is in it, held in memory and never larger than fits there."""

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from typing import BinaryIO, cast

from sweep.data.reading.column import line_one
from sweep.data.reading.memory import COPIES, check_memory
from sweep.errors import InputError

_CHUNK = 1 << 20
_SPREADSHEETS = ("xl/workbook.xml", "xl/workbook.bin", "content.xml")  # what those archives hold


def unpacked(file: BinaryIO, by: str, source: str) -> BinaryIO:
    """Return what a file holds that is compressed by gz, bz2, xz, zst or zip.

    A spreadsheet is an archive as well, and comes back as it is.
    """
    import pyarrow as pa

    what = f"{source}, as far as it was unpacked,"
    try:
        if by == "zip":
            return _of_archive(file, source, what)
        if by == "gz":
            return held(cast(BinaryIO, gzip.GzipFile(fileobj=file)), what)
        if by == "bz2":
            return held(cast(BinaryIO, bz2.BZ2File(file)), what)
        if by == "xz":
            return held(cast(BinaryIO, lzma.LZMAFile(file)), what)
        return held(cast(BinaryIO, pa.CompressedInputStream(file, "zstd")), what)
    except (OSError, EOFError, lzma.LZMAError, zlib.error, zipfile.BadZipFile) as error:
        raise InputError(f"{source} is not a whole {by} file: {line_one(error)}") from None


def is_spreadsheet(file: BinaryIO) -> bool:
    """Tell whether a zip archive is a spreadsheet."""
    try:
        with zipfile.ZipFile(file) as archive:
            return any(name in _SPREADSHEETS for name in archive.namelist())
    except zipfile.BadZipFile:
        return False
    finally:
        file.seek(0)


def _of_archive(file: BinaryIO, source: str, what: str) -> BinaryIO:
    with zipfile.ZipFile(file) as archive:
        names = [
            info.filename
            for info in archive.infolist()
            if not info.is_dir() and not info.filename.startswith("__MACOSX/")
        ]
        if any(name.endswith(".npy") for name in names):
            raise InputError(f"{source} holds NumPy arrays: give them from Python as (X, y)")
        if len(names) != 1:
            named = ", ".join(map(repr, names[:5])) + (", …" if len(names) > 5 else "")
            raise InputError(
                f"{source} is a zip archive of {len(names)} files ({named}): unpack it, and "
                "give one"
            )
        try:
            return held(cast(BinaryIO, archive.open(names[0])), what)
        except (RuntimeError, NotImplementedError) as error:  # a password, or an unusual method
            raise InputError(f"{source} cannot be unpacked: {line_one(error)}") from None


def held(stream: BinaryIO, what: str) -> io.BytesIO:
    """Return all that a stream gives; refuse what is larger than memory, calling it `what`."""
    found = io.BytesIO()
    while chunk := stream.read(_CHUNK):
        found.write(chunk)
        check_memory(COPIES * found.tell(), what)
    found.seek(0)
    return found
