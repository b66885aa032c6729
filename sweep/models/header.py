"""The text of a model's file: all of a model that is no array, as JSON."""

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr

from sweep.data.dataset import Variable

#: Arrays by name: w1 ``[outputs, inputs]``, b1 and so on, how the inputs are scaled, and the unit
#: of numbers that are predicted.
Arrays = Mapping[str, np.ndarray]

#: What came when there were files without it: it is written only where it says something else
#: than its default, so that digests of those files stay.
_LATER = ("activation", "hyper", "loss", "targets")


#: A column: its name, its levels if it holds texts, and, where it is so, that a feature tells where
#: cells were missing.
_Plain = tuple[StrictStr, list[StrictStr] | None]
_Telling = tuple[StrictStr, list[StrictStr] | None, Literal[True]]


def as_written(variable: Variable) -> _Plain | _Telling:
    """Return a column as the header has it."""
    levels = None if variable.levels is None else list(variable.levels)
    return (variable.name, levels, True) if variable.tells else (variable.name, levels)


def as_read(written: _Plain | _Telling) -> Variable:
    """Return the column that a header has."""
    name, levels, *tells = written
    return Variable(name, None if levels is None else tuple(levels), bool(tells))


class Header(BaseModel):
    """What the text of a file says; see `sweep.models.model.Model`."""

    model_config = ConfigDict(extra="forbid")

    format: Literal["regsweep model 1"] = "regsweep model 1"
    widths: Annotated[list[Annotated[StrictInt, Field(ge=1)]], Field(min_length=2)]
    classes: list[StrictStr] | list[StrictBool] | list[StrictInt] | list[StrictFloat]
    variables: list[_Plain | _Telling]
    specification: dict[str, Any]
    trained_on: dict[str, Any]
    activation: StrictStr = "relu"
    hyper: dict[StrictStr, StrictFloat] = {}
    loss: StrictStr = "cross_entropy"
    targets: list[_Plain | _Telling] = []
    sha256: str = ""

    def text(self) -> str:
        """Return the header as JSON."""
        fields = type(self).model_fields
        idle = {name for name in _LATER if getattr(self, name) == fields[name].default}
        return json.dumps(self.model_dump(exclude=idle), allow_nan=False)

    def digest(self, arrays: Arrays) -> str:
        """Return the SHA-256 of the header and some arrays, in hexadecimal."""
        digest = hashlib.sha256(self.model_copy(update={"sha256": ""}).text().encode())
        for name in sorted(arrays):
            array = np.ascontiguousarray(arrays[name])
            digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
            digest.update(array.data)
        return digest.hexdigest()
