"""joblib's backends: where tasks run."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from sweep.errors import InputError

if TYPE_CHECKING:
    from sweep.datasets import Dataset

#: Hands tasks, each the arguments of one call, to workers; yields results as they come.
Call = Callable[[Callable[..., Any], Iterable[tuple]], Iterator[Any]]


class Workers(NamedTuple):
    """What hands out tasks, and whether they run in threads of this process."""

    call: Call
    local: bool


@contextmanager
def parallel(
    jobs: int, backend: str, scheduler: str | None, dataset: Dataset | None
) -> Iterator[Workers]:
    """Give the workers of a backend.

    Parameters
    ----------
    jobs : int
        joblib's ``n_jobs``.
    backend : str
        ``threading``, ``loky``, ``multiprocessing``, ``dask`` or ``ray``.
    scheduler : str, optional
        Address of a dask scheduler; without one, dask starts workers on this machine.
    dataset : Dataset, optional
        Sent to each dask worker once.

    Raises
    ------
    sweep.errors.InputError
        If there is no such backend, or what it needs is not installed.
    """
    import joblib

    if jobs == 0:
        raise InputError("--jobs should be a number of workers, or -1 for all cores; it is 0")
    if scheduler is not None and backend != "dask":
        raise InputError(f"--scheduler is for --backend dask, and the backend is {backend!r}")
    options: dict[str, Any] = {}
    if backend == "dask":
        options = {"wait_for_workers_timeout": 30, "scatter": [dataset] if dataset else None}
    with _started(backend, scheduler, jobs):
        try:
            context = joblib.parallel_config(backend, n_jobs=jobs, **options)
        except (ValueError, ImportError) as error:
            raise InputError(
                f"--backend {backend!r} is not known to joblib ({str(error).splitlines()[0]}): "
                "take threading, loky, multiprocessing, dask or ray"
            ) from None
        with context:
            workers = joblib.Parallel(return_as="generator_unordered", pre_dispatch="2 * n_jobs")

            def call(function: Callable[..., Any], tasks: Iterable[tuple]) -> Iterator[Any]:
                with warnings.catch_warnings():  # that an end before the last task is wasteful
                    warnings.filterwarnings("ignore", message=r"\d+ tasks ")
                    yield from workers(joblib.delayed(function)(*task) for task in tasks)

            yield Workers(call, backend == "threading")


@contextmanager
def _started(backend: str, scheduler: str | None, jobs: int) -> Iterator[None]:
    """Connect to what a backend needs, and leave it at the end."""
    if backend == "dask":
        try:
            from distributed import Client
        except ImportError:
            raise InputError(
                "--backend dask needs the package distributed: pip install 'regsweep[dask]'"
            ) from None
        workers = None if jobs < 0 else jobs
        try:
            client = (
                Client(scheduler, timeout=10)
                if scheduler
                else Client(n_workers=workers, threads_per_worker=1, dashboard_address=None)
            )
        except (OSError, ValueError) as error:
            raise InputError(f"no dask scheduler answers at {scheduler}: {error}") from None
        with client:
            yield
    elif backend == "ray":
        try:
            from ray.util.joblib import register_ray
        except ImportError:
            raise InputError("--backend ray needs the package ray: pip install ray") from None
        register_ray()
        yield
    else:
        yield
