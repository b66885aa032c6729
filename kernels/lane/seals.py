"""How a file of compiled kernels is known to be whole before anything in it is run.

A damaged one would crash the process or, worse, give wrong numbers in silence. The digest tells
damage and nothing else: who may write to the folder could write a digest too, and so the folder
has to be the user's own; see `is_ours`.
"""

import hashlib
import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_SIZE = hashlib.sha256().digest_size


def seal(content: bytes) -> bytes:
    """Return content with its digest before it."""
    return hashlib.sha256(content).digest() + content


def unseal(sealed: bytes) -> bytes | None:
    """Return content that was sealed; None where it is not what it was."""
    digest, content = sealed[:_SIZE], sealed[_SIZE:]
    return content if hashlib.sha256(content).digest() == digest else None


def note(files: Iterable[Path]) -> None:
    """Write the digest of each file beside it: of files whose form is another's."""
    for file in files:
        with suppress(OSError):  # a full disk costs a compilation
            _beside(file).write_bytes(hashlib.sha256(file.read_bytes()).digest())


def remove_damaged(files: Iterable[Path]) -> None:
    """Remove the files that are not what `note` saw."""
    for file in files:
        try:
            whole = _beside(file).read_bytes() == hashlib.sha256(file.read_bytes()).digest()
        except FileNotFoundError:
            whole = False
        if not whole:
            file.unlink(missing_ok=True)


def is_ours(folder: Path) -> bool:
    """Tell whether a folder is the user's, and nobody else may write to it."""
    if not hasattr(os, "geteuid"):  # a system that has no such owners
        return True
    found = folder.stat()
    return found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _beside(file: Path) -> Path:
    return file.with_name(f"{file.name}.sha256")
