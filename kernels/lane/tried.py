"""Which versions of Numba the kernels were tried with; with others they go the plain way.

What makes kernels quick to compile, to load and to call reaches into Numba, whose inside may look
different in another version: `kernels.lane.linking`, `kernels.lane.caching`, and whatever asks for
`LINKED`. The plain way is by what Numba documents: to the same bits, after compiling for longer.
"""

import numba

#: With all their patch releases.
TRIED = ("0.62", "0.63", "0.64", "0.65", "0.66", "0.67", "0.68")

#: Whether this Numba is one of them.
LINKED = ".".join(numba.__version__.split(".")[:2]) in TRIED


def way() -> str:
    """Say which way it is, and why."""
    tried = f"{TRIED[0]} to {TRIED[-1]}"
    if LINKED:
        return f"linked (Numba {tried})"
    return f"plain: Numba {numba.__version__} is not among those tried, {tried}"
