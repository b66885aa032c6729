"""A model as an ONNX graph: other runtimes give the same classes and probabilities.

It takes ``X``, float64 ``[rows, features]``, and gives ``label`` and ``probabilities``.
"""

import hashlib
from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from sweep.errors import InputError
from sweep.models.header import Arrays, Header, as_read
from sweep.models.onnxscores import score_nodes
from sweep.specification.choices import ACTIVATIONS, GIVEN, LOSSES, Alternative

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto

#: Of 2021, which any runtime in use reads.
_OPSET, _IR_VERSION = 17, 8

#: The key of the SHA-256 of all but the metadata.
_DIGEST = "regsweep graph sha256"


def graph_of(header: Header, arrays: Arrays, metadata: dict[str, str], description: str) -> bytes:
    """Write a model as the bytes of an ONNX file.

    Parameters
    ----------
    header : Header
    arrays : dict of str to ndarray
        Its parameters by name, ``inputs``, and how they are scaled.
    metadata : dict of str to str
        Further text to keep in it.
    description : str
        What the model is, in a line.
    """
    onnx = _onnx()
    from onnx import TensorProto, helper, numpy_helper

    classes = np.array(header.classes)
    features = sum(len(as_read(written).features) for written in header.variables)
    texts = classes.dtype.kind == "U"
    label = TensorProto.STRING if texts else helper.np_dtype_to_tensor_dtype(classes.dtype)
    constants = dict(arrays) | {"classes": classes.astype(object) if texts else classes}

    read = "read"
    nodes = [helper.make_node("Gather", ["X", "inputs"], [read], axis=1)]
    if "fill" in arrays:
        nodes.append(helper.make_node("IsNaN", [read], ["missing"]))
        nodes.append(helper.make_node("Where", ["missing", "fill", read], ["filled"]))
        read = "filled"
    if "quantiles" in arrays:
        nodes += score_nodes(read, "score", arrays["quantiles"])
        read = "score"
    nodes += [
        helper.make_node("Sub", [read, "mean"], ["centred"]),
        helper.make_node("Div", ["centred", "scale"], ["a0"]),
    ]
    layers = len(header.widths) - 1
    for i in range(1, layers + 1):
        z = "logits" if i == layers else f"z{i}"
        nodes.append(helper.make_node("Gemm", [f"a{i - 1}", f"w{i}", f"b{i}"], [z], transB=1))
        if i < layers:
            nodes += _nodes(ACTIVATIONS[header.activation], header.hyper, z, f"a{i}")
    nodes += [
        *_nodes(LOSSES["cross_entropy"], {}, "logits", "probabilities"),
        helper.make_node("ArgMax", ["probabilities"], ["place"], axis=1, keepdims=0),
        helper.make_node("Gather", ["classes", "place"], ["label"], axis=0),
    ]
    graph = helper.make_graph(
        nodes,
        "regsweep",
        [helper.make_tensor_value_info("X", TensorProto.DOUBLE, ["rows", features])],
        [
            helper.make_tensor_value_info("label", label, ["rows"]),
            helper.make_tensor_value_info(
                "probabilities", TensorProto.DOUBLE, ["rows", len(classes)]
            ),
        ],
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
