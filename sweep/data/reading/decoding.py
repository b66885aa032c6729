"""A text file in any encoding -> the same in UTF-8."""

import codecs
import io
from typing import BinaryIO

from sweep.data.reading.memory import COPIES, check_memory
from sweep.errors import InputError

_CHUNK = 1 << 20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before the mark of UTF-16, which it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1a\x1b"))  # what no text of letters holds
_CALLED = {"utf-16-le": "UTF-16", "utf-16-be": "UTF-16", "utf-16": "UTF-16", "utf-32": "UTF-32"}
_CALLED |= {"cp1252": "Windows-1252", "iso8859-1": "Latin-1", "utf-8": "", "utf-8-sig": ""}


def as_utf8(file: BinaryIO, encoding: str | None, source: str) -> tuple[BinaryIO, str]:
    """Return a text file as one in UTF-8, and what its own encoding is called ("" for UTF-8).

    Without an encoding it is told by its mark (BOM), by its zeros, or by what it can be: UTF-8, or
    else Windows-1252, or else Latin-1, which anything could be.
    """
    told = encoding or _marked(file)
    if told in (None, "utf-8") and _decodes(file, "utf-8"):
        file.seek(0)
        return file, ""
    if told is None:
        _refuse_binary(file, source)
        told = next(name for name in ("cp1252", "iso8859-1") if _decodes(file, name))
    try:
        return _decoded(file, told, source), _CALLED.get(told, told)
    except UnicodeError as error:
        reason = getattr(error, "reason", error)
        raise InputError(f"{source} is no text in {told} ({reason}): name its `encoding`") from None


def _marked(file: BinaryIO) -> str | None:
    """Return an encoding that the first bytes of a file give away."""
    head = file.read(4096)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    low, high = head[0::2].count(b"\0"), head[1::2].count(b"\0")
    if low + high > len(head) // 4 and not min(low, high):  # letters of UTF-16 have a zero each
        return "utf-16-be" if low else "utf-16-le"
    return None


def _decodes(file: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    try:
        while chunk := file.read(_CHUNK):
            if b"\0" in chunk:
                return False
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _refuse_binary(file: BinaryIO, source: str) -> None:
    file.seek(0)
    while chunk := file.read(_CHUNK):
        if len(chunk.translate(None, _CONTROL)) < len(chunk):
            raise InputError(
                f"{source} is no text, and of no format that can be read: give CSV, Parquet, "
                "Feather, ARFF, JSON lines or a spreadsheet"
            )


def _decoded(file: BinaryIO, encoding: str, source: str) -> BinaryIO:
    decoder, held = codecs.getincrementaldecoder(encoding)(), io.BytesIO()
    file.seek(0)
    while chunk := file.read(_CHUNK):
        held.write(decoder.decode(chunk).encode())
        check_memory(COPIES * held.tell(), f"{source}, as far as it was decoded,")
    held.write(decoder.decode(b"", final=True).encode())
    held.seek(0)
    return held
