"""Normal scores as nodes of an ONNX graph: what `sweep.data.scaling` does with quantiles."""

from typing import TYPE_CHECKING, Any

import numpy as np

from sweep.data import inverse_normal, scaling

if TYPE_CHECKING:
    from onnx import NodeProto


def score_nodes(before: str, after: str, quantiles: np.ndarray, own: str = "") -> "list[NodeProto]":
    """Return the nodes that turn features into normal scores, from one value to another.

    The graph should have ``quantiles [quantile, feature]`` under that name; ``own`` begins it, and
    all names.
    """
    graph, table = _Nodes(own), f"{own}quantiles"
    last = len(quantiles) - 1
    least, most = (graph("Gather", table, graph.constant(end), axis=0) for end in (0, last))
    x = graph.between(before, least, most)
    # The last quantile that x reaches, by halving steps from the first one.
    place = graph("Cast", graph("Greater", x, most), to=_INT64)
    for bit in reversed(range(last.bit_length())):
        further = graph("Min", graph("Add", place, graph.constant(1 << bit)), graph.constant(last))
        reached = graph("LessOrEqual", graph.at(table, further), x)
        place = graph("Where", reached, further, place)
    following = graph("Min", graph("Add", place, graph.constant(1)), graph.constant(last))
    low, high = (graph.at(table, which) for which in (place, following))
    equal = graph("Equal", x, low)  # which what is missing is not: it stays so
    width = graph("Where", equal, graph.constant(1.0), graph("Sub", high, low))
    part = graph("Div", graph("Sub", x, low), width)
    shared = np.stack([scaling.shared_places(column) for column in quantiles.T], axis=1)
    on_one = graph.at(graph.constant(shared), place)
    beside = graph("Add", graph("Cast", place, to=_DOUBLE), part)
    share = graph("Div", graph("Where", equal, on_one, beside), graph.constant(float(last)))
    nearest = (graph.constant(end) for end in (scaling.NEAREST, 1 - scaling.NEAREST))
    _inverse_normal(graph, graph.between(share, *nearest), after)
    return graph.nodes


#: ONNX's own numbers of these types.
_INT64, _DOUBLE = 7, 11


class _Nodes:
    """Nodes that are added by calling it; each gives one value, whose name is returned."""

    def __init__(self, own: str) -> None:
        self.nodes: list[NodeProto] = []
        self._own = own

    def __call__(self, operator: str, *inputs: str, called: str = "", **attributes: Any) -> str:
        from onnx import helper

        name = called or f"{self._own}score_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [name], **attributes))
        return name

    def constant(self, value: float | int | np.ndarray) -> str:
        from onnx import numpy_helper

        return self("Constant", value=numpy_helper.from_array(np.array(value)))

    def between(self, x: str, low: str, high: str) -> str:
        return self("Min", self("Max", x, low), high)

    def at(self, table: str, place: str) -> str:
        """Return the numbers at places of each column of a table."""
        return self("GatherElements", table, place, axis=0)

    def polynomial(self, coefficients: tuple[float, ...], x: str) -> str:
        value = self.constant(coefficients[0])
        for coefficient in coefficients[1:]:
            value = self("Add", self("Mul", value, x), self.constant(coefficient))
        return value

    def quotient(self, of: tuple[tuple[float, ...], tuple[float, ...]], x: str) -> str:
        return self("Div", *(self.polynomial(coefficients, x) for coefficients in of))


def _inverse_normal(graph: _Nodes, share: str, after: str) -> None:
    """Add what `sweep.data.inverse_normal` does; both ways are gone, and one is taken."""
    q = graph("Sub", share, graph.constant(0.5))
    r = graph("Sub", graph.constant(inverse_normal.SQUARED), graph("Mul", q, q))
    middle = graph("Mul", q, graph.quotient(inverse_normal.NEAR, r))
    out = graph("Min", share, graph("Sub", graph.constant(1.0), share))
    r = graph("Sub", graph("Sqrt", graph("Neg", graph("Log", out))), graph.constant(1.6))
    size = graph.quotient(inverse_normal.TAIL, r)
    signed = graph("Where", graph("Less", q, graph.constant(0.0)), graph("Neg", size), size)
    near = graph("LessOrEqual", graph("Abs", q), graph.constant(inverse_normal.MIDDLE))
    graph("Where", near, middle, signed, called=after)
