"""What this machine and installation are: versions, CPU, lanes, threads, cache folder, kernels."""

import importlib.metadata
import os
import platform
from functools import cache
from typing import Any

from sweep.errors import InputError

#: What LLVM, libraries and threads take of the address space, in bytes; measured, and rounded up.
#: With less it is left to chance whether they raise, end the process or never come back.
ADDRESS_SPACE = 2**30


def too_narrow() -> str | None:
    """Say how little address space ``ulimit -v`` leaves, if that is less than is needed.

    If it is enough, see to it that Arrow, which would take a GiB of it at once, does not.
    """
    try:
        import resource
    except ImportError:  # Windows sets no such limit
        return None
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit == resource.RLIM_INFINITY:
        return None
    if limit >= ADDRESS_SPACE:
        os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
        return None
    return (
        f"there is too little memory: the address space is limited to {limit >> 20:,} MiB, and "
        f"should be {ADDRESS_SPACE >> 20:,} at the least; raise the limit, with ulimit -v"
    )


def versions(precision: str) -> dict[str, Any]:
    """Return what a table's footer says of how it was made."""
    import llvmlite.binding as llvm

    return {
        **{name: version(name) for name in ("regsweep", "numpy", "numba", "scikit-learn")},
        "python": platform.python_version(),
        "cpu": llvm.get_host_cpu_name(),
        "lanes": lanes(precision),
    }


def lanes(precision: str, vectors: float = 1) -> int:
    """Return how many runs make a pack: `kernels.lane.lanes.lane_width` with an error for users."""
    from kernels.lane.lanes import lane_width

    try:
        return lane_width(precision, vectors)
    except ValueError as error:
        raise InputError(str(error)) from None


@cache
def version(distribution: str) -> str:
    """Return the version of an installed distribution, "unknown" where it is none."""
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def description() -> dict[str, Any]:
    """Return what ``sweep info`` says."""
    from kernels.lane.compiled import cache_folder
    from kernels.lane.lanes import vector_bytes
    from kernels.lane.tried import way

    folder = cache_folder()
    return {
        **versions("float64"),
        "lanes": {name: lanes(name) for name in ("float64", "float32")},
        "vector_bits": 8 * vector_bytes(),
        "threads": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "cache_folder": str(folder) if folder else None,
        "kernels": way(),
        **{name: version(name) for name in ("pandas", "joblib", "pyarrow")},
        **_gpus(),
    }


def _gpus() -> dict[str, Any]:
    """Return what each GPU is, or why there is none."""
    from kernels.cuda import NoDevice
    from sweep.gpus import descriptions

    try:
        return {"gpus": descriptions(), "no_gpu": None}
    except NoDevice as reason:
        return {"gpus": [], "no_gpu": str(reason)}
