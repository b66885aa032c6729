"""What data hold, as a SHA-256: the same for the same content, wherever it lies."""

import hashlib
import json
from typing import Any

import numpy as np

from results.regular import opened
from sweep.errors import InputError
from sweep.specification.paths import missing
from sweep.specification.validators import BUILT_IN, is_frame


def file_sha256(path: str) -> str:
    """Hash the file of test rows."""
    try:
        return _of_file(path)
    except (FileNotFoundError, ValueError):  # the second for a zero byte in the name
        raise InputError(f"`test` is no share, such as 0.2, and {missing(path)}") from None
    except OSError as error:
        raise InputError(
            f"`test` {path!r} is no share, such as 0.2, and no file that can be read "
            f"({error.strerror})"
        ) from None


def content_sha256(data: Any) -> str | None:
    """Hash a file, or arrays and DataFrames by value, shape and dtype; None for a built-in name.

    Bytes are what is in a file.
    """
    if isinstance(data, bytes):
        return hashlib.sha256(data).hexdigest()
    if isinstance(data, str):
        if data in BUILT_IN:
            return None
        try:
            return _of_file(data)
        except (FileNotFoundError, ValueError):
            raise InputError(missing(data)) from None
        except OSError as error:
            raise InputError(f"`data` {data!r} cannot be read: {error.strerror}") from None
    digest = hashlib.sha256()
    for part in data if isinstance(data, tuple) else (data,):
        for name, column in part.items() if is_frame(part) else [("", part)]:
            array = np.asarray(column)
            digest.update(f"{name!r} {array.dtype} {array.shape}\n".encode())
            if array.dtype.kind in "biuf":
                digest.update(np.ascontiguousarray(array).data)
            else:
                digest.update(json.dumps(array.tolist(), default=str).encode())
    return digest.hexdigest()


def _of_file(path: str) -> str:
    with opened(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
