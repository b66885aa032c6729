"""A file, read as columns or refused in one line."""

import pytest

from sweep.data import files
from sweep.errors import InputError


def read(path, **told):
    return files.read(str(path), files.Dialect(**told))


def cells(path, **told):
    """Return the cells of each column by its name."""
    return {column.name: column.values.to_pylist() for column in read(path, **told)}


def refusal(path, **told):
    with pytest.raises(InputError) as caught:
        read(path, **told)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    return message
