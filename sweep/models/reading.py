"""A model as it was saved, once it is sure that its parts are those of its networks."""

import os

import numpy as np

from kernels.network import network
from sweep.data.unit import Unit
from sweep.errors import InputError
from sweep.models import files
from sweep.models.ensemble.average import Ensemble
from sweep.models.header import Arrays, Header, as_read
from sweep.models.model import UNIT, Model
from sweep.specification.choices import ACTIVATIONS, LOSSES


def load_model(path: str | os.PathLike[str]) -> Model | Ensemble:
    """Read a model that `Model.save`, or that of an ensemble, wrote.

    Parameters
    ----------
    path : path
        A .npz, .safetensors or .onnx file. Nothing in it is executed or unpickled.

    Returns
    -------
    Model or Ensemble

    Raises
    ------
    InputError
        If the file cannot be read, is damaged, or is something else.
    """
    header, arrays = files.read(path)
    alone = [(header, arrays)] if isinstance(header, Header) else header.apart(arrays)
    whole = sum(len(own) for _, own in alone) == len(arrays)
    if not whole or not all(_are_of(*one) for one in alone):
        raise InputError(f"{path} is no model of ours: its arrays are not those of a network")
    if header.sha256 != header.digest(arrays):
        raise InputError(f"{path} is damaged: its content is not what was saved; save it again")
    models = [_model(*one) for one in alone]
    if not all(map(_fits_together, models)) or len({model.kind for model in models}) > 1:
        raise InputError(f"{path} is no model of ours: its parts do not fit together")
    if isinstance(header, Header):
        return models[0]
    return Ensemble(models, [member.times for member in header.members], header.trained_on)


def _are_of(header: Header, arrays: Arrays) -> bool:
    """Tell whether the arrays are those of the header's network: kernels check nothing."""
    net, inputs, outputs = network(header.widths), header.widths[0], header.widths[-1]
    shapes: dict[str, tuple[int, ...]] = {name: net.shape(name) for name in net.names}
    shapes |= dict.fromkeys(("inputs", "mean", "scale"), (inputs,))
    if "fill" in arrays:
        shapes["fill"] = (inputs,)
    if "quantiles" in arrays:
        shapes["quantiles"] = (max(len(arrays["quantiles"]), 2), inputs)
    if _of_numbers(header.loss):
        shapes |= dict.fromkeys(UNIT, (outputs,))
    return arrays.keys() == shapes.keys() and all(
        array.shape == shapes[name]
        and array.dtype == (np.int64 if name == "inputs" else np.float64)
        and (np.isfinite(array) | (np.isnan(array) & (name == "fill"))).all()
        for name, array in arrays.items()
    )


def _model(header: Header, arrays: Arrays) -> Model:
    return Model(
        widths=tuple(header.widths),
        parameters=np.concatenate([arrays[name].ravel() for name in network(header.widths).names]),
        inputs=arrays["inputs"],
        mean=arrays["mean"],
        scale=arrays["scale"],
        classes=tuple(header.classes),
        variables=tuple(map(as_read, header.variables)),
        specification=header.specification,
        trained_on=header.trained_on,
        activation=header.activation,
        hyper=header.hyper,
        fill=arrays.get("fill"),
        quantiles=arrays.get("quantiles"),
        loss=header.loss,
        targets=tuple(map(as_read, header.targets)),
        unit=Unit(*(arrays[name] for name in UNIT)) if _of_numbers(header.loss) else None,
    )


def _of_numbers(loss: str) -> bool:
    return loss in LOSSES and LOSSES[loss].target == "numbers"


def _fits_together(model: Model) -> bool:
    places = model.inputs
    chosen = ACTIVATIONS.get(model.activation)
    return bool(
        _names_its_outputs(model)
        and places[0] >= 0
        and (np.diff(places) > 0).all()
        and places[-1] < len(model.features)
        and (model.scale > 0).all()
        and (model.quantiles is None or (np.diff(model.quantiles, axis=0) >= 0).all())
        and chosen
        and model.hyper.keys() == set(chosen.hyper)
    )


def _names_its_outputs(model: Model) -> bool:
    """Tell whether there is a class, or a target of the loss, for each output."""
    if model.loss not in LOSSES:
        return False
    of_class = model.kind == "class"
    named = model.classes if of_class else [target.name for target in model.targets]
    levels = {"numbers": None, "answers": 2}
    return (
        len(set(named)) == len(named) == model.widths[-1]
        and not (model.targets if of_class else model.classes)
        and all(
            not target.tells and _count(target.levels) == levels[model.kind]
            for target in model.targets
        )
        and (model.unit is None or bool((model.unit.scale > 0).all()))
    )


def _count(levels: tuple[str, ...] | None) -> int | None:
    """Count different levels; None for numbers."""
    return None if levels is None else len(set(levels))
