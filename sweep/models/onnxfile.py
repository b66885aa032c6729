"""A model as an ONNX graph: other runtimes give the same predictions.

It takes ``X``, float64 ``[rows, features]``. Of classes it gives ``label`` and ``probabilities``;
of answers the same, ``[rows, targets]``, where a label is 1 for yes and 0 for no; of numbers
``predictions``, ``[rows, targets]``, in their own unit.
"""

import hashlib
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sweep.errors import InputError
from sweep.models.header import Arrays, EnsembleHeader, Header, as_read, lowest
from sweep.models.onnxscores import score_nodes
from sweep.specification.choices import ACTIVATIONS, GIVEN, LOSSES, Alternative

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto, ValueInfoProto

#: Of 2021, which any runtime in use reads.
_OPSET, _IR_VERSION = 17, 8

#: The key of the SHA-256 of all but the metadata.
_DIGEST = "regsweep graph sha256"


def graph_of(
    header: Header | EnsembleHeader, arrays: Arrays, metadata: dict[str, str], description: str
) -> bytes:
    """Write a model as the bytes of an ONNX file.

    Parameters
    ----------
    header : Header or EnsembleHeader
    arrays : dict of str to ndarray
        Its parameters by name, ``inputs``, and how they are scaled.
    metadata : dict of str to str
        Further text to keep in it.
    description : str
        What the model is, in a line.
    """
    onnx = _onnx()
    from onnx import TensorProto, helper, numpy_helper

    features = sum(len(as_read(written).features) for written in header.variables)
    if isinstance(header, Header):
        first, nodes = header, _of_network(header, arrays, "")
    else:
        alone = header.apart(arrays)
        first, nodes = alone[0][0], []
        for place, one in enumerate(alone):
            nodes += _of_network(*one, f"{place}_")
        nodes += _mean(
            _SAID[LOSSES[first.loss].target], lowest([one.times for one in header.members])
        )
    end = _ENDS[LOSSES[first.loss].target](first)
    constants = {**arrays, **end.constants}
    graph = helper.make_graph(
        [*nodes, *end.nodes],
        "regsweep",
        [helper.make_tensor_value_info("X", TensorProto.DOUBLE, ["rows", features])],
        end.outputs,
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
        doc_string=description,
    )
    written = helper.make_model(
        graph,
        producer_name="regsweep",
        opset_imports=[helper.make_opsetid("", _OPSET)],
        ir_version=_IR_VERSION,
    )
    onnx.checker.check_model(written)
    helper.set_model_props(written, {**metadata, _DIGEST: _digest(written)})
    return written.SerializeToString()


def contents(data: bytes) -> tuple[dict[str, str], dict[str, np.ndarray]]:
    """Read the metadata and the arrays of an ONNX file that `graph_of` wrote.

    Raises
    ------
    ValueError
        If the graph has changed since.
    """
    onnx = _onnx()
    from onnx import numpy_helper

    model = onnx.ModelProto.FromString(data)
    metadata = {pair.key: pair.value for pair in model.metadata_props}
    model.ClearField("metadata_props")
    if metadata[_DIGEST] != _digest(model):
        raise ValueError("the graph is not the one that was written")
    if any(tensor.data_location or tensor.external_data for tensor in model.graph.initializer):
        raise ValueError("an array that lies in another file")
    arrays = {
        tensor.name: numpy_helper.to_array(tensor)
        for tensor in model.graph.initializer
        if tensor.name != "classes"
    }
    return metadata, arrays


def _of_network(header: Header, arrays: Arrays, own: str) -> "list[NodeProto]":
    """Return the nodes of a network, from ``X`` to what it says; ``own`` begins all its names."""
    from onnx import helper

    read = f"{own}read"
    nodes = [helper.make_node("Gather", ["X", f"{own}inputs"], [read], axis=1)]
    if "fill" in arrays:
        nodes.append(helper.make_node("IsNaN", [read], [f"{own}missing"]))
        which = [f"{own}missing", f"{own}fill", read]
        nodes.append(helper.make_node("Where", which, [f"{own}filled"]))
        read = f"{own}filled"
    if "quantiles" in arrays:
        nodes += score_nodes(read, f"{own}score", arrays["quantiles"], own)
        read = f"{own}score"
    nodes += [
        helper.make_node("Sub", [read, f"{own}mean"], [f"{own}centred"]),
        helper.make_node("Div", [f"{own}centred", f"{own}scale"], [f"{own}a0"]),
    ]
    layers = len(header.widths) - 1
    for i in range(1, layers + 1):
        z = f"{own}logits" if i == layers else f"{own}z{i}"
        taken = [f"{own}a{i - 1}", f"{own}w{i}", f"{own}b{i}"]
        nodes.append(helper.make_node("Gemm", taken, [z], transB=1))
        if i < layers:
            nodes += _nodes(ACTIVATIONS[header.activation], header.hyper, z, f"{own}a{i}")
    loss = LOSSES[header.loss]
    if loss.target != "numbers":
        return nodes + _nodes(loss, {}, f"{own}logits", f"{own}probabilities")
    return [
        *nodes,
        *_nodes(loss, {}, f"{own}logits", f"{own}said"),
        helper.make_node("Mul", [f"{own}said", f"{own}target_scale"], [f"{own}scaled"]),
        helper.make_node("Add", [f"{own}scaled", f"{own}target_centre"], [f"{own}predictions"]),
    ]


#: What a network says, by what is predicted.
_SAID = {"class": "probabilities", "answers": "probabilities", "numbers": "predictions"}


def _mean(said: str, times: Sequence[int]) -> "list[NodeProto]":
    """Return the nodes of the mean of what networks say, each counted so many times."""
    from onnx import helper, numpy_helper

    def constant(name: str, value: int) -> "NodeProto":
        number = numpy_helper.from_array(np.array(float(value)))
        return helper.make_node("Constant", [], [name], value=number)

    nodes, weighed = [], []
    for place, count in enumerate(times):
        nodes.append(constant(f"{place}_times", count))
        weighed.append(f"{place}_weighed")
        nodes.append(helper.make_node("Mul", [f"{place}_{said}", f"{place}_times"], weighed[-1:]))
    return [
        *nodes,
        helper.make_node("Sum", weighed, ["together"]),
        constant("times", sum(times)),
        helper.make_node("Div", ["together", "times"], [said]),
    ]


class _End(NamedTuple):
    """The last part of a graph: from what is said to what it gives."""

    nodes: "list[NodeProto]"
    outputs: "list[ValueInfoProto]"
    constants: dict[str, np.ndarray]


def _of_class(header: Header) -> _End:
    from onnx import TensorProto, helper

    classes = np.array(header.classes)
    texts = classes.dtype.kind == "U"
    label = TensorProto.STRING if texts else helper.np_dtype_to_tensor_dtype(classes.dtype)
    nodes = [
        helper.make_node("ArgMax", ["probabilities"], ["place"], axis=1, keepdims=0),
        helper.make_node("Gather", ["classes", "place"], ["label"], axis=0),
    ]
    outputs = [
        helper.make_tensor_value_info("label", label, ["rows"]),
        helper.make_tensor_value_info("probabilities", TensorProto.DOUBLE, ["rows", len(classes)]),
    ]
    return _End(nodes, outputs, {"classes": classes.astype(object) if texts else classes})


def _of_answers(header: Header) -> _End:
    from onnx import TensorProto, helper, numpy_helper

    half = numpy_helper.from_array(np.array(0.5))
    nodes = [
        helper.make_node("Constant", [], ["half"], value=half),
        helper.make_node("Greater", ["probabilities", "half"], ["yes"]),
        helper.make_node("Cast", ["yes"], ["label"], to=TensorProto.INT64),
    ]
    shape: Sequence[str | int] = ["rows", header.widths[-1]]
    outputs = [
        helper.make_tensor_value_info("label", TensorProto.INT64, shape),
        helper.make_tensor_value_info("probabilities", TensorProto.DOUBLE, shape),
    ]
    return _End(nodes, outputs, {})


def _of_numbers(header: Header) -> _End:
    from onnx import TensorProto, helper

    shape: Sequence[str | int] = ["rows", header.widths[-1]]
    return _End([], [helper.make_tensor_value_info("predictions", TensorProto.DOUBLE, shape)], {})


#: By what is predicted.
_ENDS = {"class": _of_class, "answers": _of_answers, "numbers": _of_numbers}


def _nodes(
    choice: Alternative, hyper: Mapping[str, float], before: str, after: str
) -> "list[NodeProto]":
    """Return the nodes of a choice, one after another, from one value to another."""
    from onnx import helper, numpy_helper

    values = [before, *(f"{after}_{i}" for i in range(1, len(choice.onnx))), after]
    found = []
    for node, (source, target) in zip(choice.onnx, pairwise(values), strict=True):
        inputs = [source]
        for further in node.inputs:
            if further == GIVEN:
                inputs.append(before)
                continue
            inputs.append(f"{target}_{further}")
            value = hyper[further] if isinstance(further, str) else further
            number = numpy_helper.from_array(np.array(value))
            found.append(helper.make_node("Constant", [], inputs[-1:], value=number))
        found.append(helper.make_node(node.operator, inputs, [target], **node.attributes))
    return found


def _digest(model: "ModelProto") -> str:
    return hashlib.sha256(model.SerializeToString(deterministic=True)).hexdigest()


def _onnx():
    try:
        import onnx
    except ImportError:
        raise InputError(
            "an .onnx file needs the package onnx: pip install 'regsweep[onnx]'"
        ) from None
    return onnx
