"""The text of a model's file: all of a model that is no array, as JSON."""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    TypeAdapter,
)

from sweep.data.dataset import Variable

#: Arrays by name: w1 ``[outputs, inputs]``, b1 and so on, how the inputs are scaled, and the unit
#: of numbers that are predicted.
Arrays = Mapping[str, np.ndarray]

#: What came when there were files without it: it is written only where it says something else
#: than its default, so that digests of those files stay.
_LATER = ("activation", "hyper", "loss", "targets")

#: Networks of an ensemble at the most.
MOST_MEMBERS = 1000

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


class _Text(BaseModel):
    """What the text of a file says; it ends with its digest, `sha256`."""

    model_config = ConfigDict(extra="forbid")

    def text(self) -> str:
        """Return it as JSON."""
        return json.dumps(self.model_dump(), allow_nan=False)

    def digest(self, arrays: Arrays) -> str:
        """Return the SHA-256 of the header and some arrays, in hexadecimal."""
        digest = hashlib.sha256(self.model_copy(update={"sha256": ""}).text().encode())
        for name in sorted(arrays):
            array = np.ascontiguousarray(arrays[name])
            digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
            digest.update(array.data)
        return digest.hexdigest()


_Widths = Annotated[list[Annotated[StrictInt, Field(ge=1)]], Field(min_length=2)]
_Classes = list[StrictStr] | list[StrictBool] | list[StrictInt] | list[StrictFloat]


class Header(_Text):
    """What the file of one network says; see `sweep.models.model.Model`."""

    format: Literal["regsweep model 1"] = "regsweep model 1"
    widths: _Widths
    classes: _Classes
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


class Member(BaseModel):
    """What the file of an ensemble says of each of its networks alone."""

    model_config = ConfigDict(extra="forbid")

    times: Annotated[StrictInt, Field(ge=1)]
    widths: _Widths
    activation: StrictStr
    hyper: dict[StrictStr, StrictFloat]
    loss: StrictStr
    trained_on: dict[str, Any]


class EnsembleHeader(_Text):
    """What the file of several networks says; see `sweep.models.ensemble.average.Ensemble`.

    The arrays of member i are those of a file of its own, with ``i_`` before their names.
    """

    format: Literal["regsweep ensemble 1"] = "regsweep ensemble 1"
    members: Annotated[list[Member], Field(min_length=1, max_length=MOST_MEMBERS)]
    classes: _Classes
    variables: list[_Plain | _Telling]
    specification: dict[str, Any]
    trained_on: dict[str, Any]
    targets: list[_Plain | _Telling]
    sha256: str = ""

    @classmethod
    def of(
        cls, headers: Sequence[Header], times: Sequence[int], trained_on: dict[str, Any]
    ) -> "EnsembleHeader":
        """Return what the file says of networks that have been saved alone, or could have."""
        members = [
            Member(times=count, **{name: getattr(one, name) for name in _OF_ONE})
            for one, count in zip(headers, times, strict=True)
        ]
        shared = {name: getattr(headers[0], name) for name in _SHARED}
        return cls(members=members, trained_on=trained_on, **shared)

    def apart(self, arrays: Arrays) -> list[tuple[Header, dict[str, np.ndarray]]]:
        """Return what each member would have in a file of its own; strange arrays are left out."""
        own: list[dict[str, np.ndarray]] = [{} for _ in self.members]
        places = {str(place): found for place, found in enumerate(own)}
        for name, array in arrays.items():
            place, _, alone = name.partition("_")
            if place in places:
                places[place][alone] = array
        shared = {name: getattr(self, name) for name in _SHARED}
        # Of parts that have been looked at: they are neither looked at nor copied once more.
        headers = [
            Header.model_construct(**shared, **{name: getattr(one, name) for name in _OF_ONE})
            for one in self.members
        ]
        return list(zip(headers, own, strict=True))


#: What the networks of an ensemble share, and what each has of its own.
_SHARED = ("classes", "variables", "specification", "targets")
_OF_ONE = ("widths", "activation", "hyper", "loss", "trained_on")


def lowest(times: Sequence[int]) -> list[int]:
    """Return counts over what divides them all, so that one network alone is not rounded."""
    return [count // math.gcd(*times) for count in times]


_ANY: TypeAdapter[Header | EnsembleHeader] = TypeAdapter(
    Annotated[Header | EnsembleHeader, Field(discriminator="format")]
)


def header_of(text: str) -> Header | EnsembleHeader:
    """Return what the text of a file says."""
    return _ANY.validate_json(text)
