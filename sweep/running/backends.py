"""joblib's backends: where tasks run."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError
from contextlib import ExitStack, contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from kernels.cuda import NoDevice
from sweep.errors import InputError
from sweep.gpus import Gpus
from sweep.running.interrupt import helpers_start

if TYPE_CHECKING:
    from sweep.data.article import Article
    from sweep.data.dataset import Dataset

#: Where tasks run, as far as it matters for ending them.
Where = Literal["threads", "processes", "elsewhere"]

#: Hands tasks, each the arguments of one call, to workers; yields results as they come.
Call = Callable[[Callable[..., Any], Iterable[tuple]], Iterator[Any]]

#: How long to wait for an answer of a dask scheduler, and for its first worker, in seconds.
PATIENCE, _FIRST_WORKER = 10, 30

#: What does the tasks of a backend; others than these start their workers on any machine.
_KINDS: dict[str, Where] = {"threading": "threads", "loky": "processes"}


class WorkerDied(RuntimeError):
    """A worker ended in the middle of its task."""


class Workers(NamedTuple):
    """What hands out tasks, and what does them.

    Attributes
    ----------
    call : callable
        See `Call`.
    are : str
        Threads of this process, processes that it started, or any elsewhere.
    dataset : object
        The data set as tasks are to carry it: where it would be sent with each, what stands for it.
    gpus : Gpus, optional
        What they have of GPUs, if they are to train there.
    """

    call: Call
    are: Where
    dataset: Any
    gpus: Gpus | None = None


@contextmanager
def parallel(
    jobs: int, backend: str, scheduler: str | None, dataset: Dataset | Article
) -> Iterator[Workers]:
    """Give the workers of a backend.

    Parameters
    ----------
    jobs : int
        joblib's ``n_jobs``.
    backend : str
        ``threading``, ``loky``, ``dask`` or ``ray``; with ``cuda`` threads that train on the GPUs
        of this machine, or with a scheduler on those of dask's workers.
    scheduler : str, optional
        Address of a dask scheduler; without one, dask starts workers on this machine.
    dataset : Dataset or Article
        Sent to each worker of dask and of ray once.

    Raises
    ------
    sweep.errors.InputError
        If there is no such backend, or what it needs is not installed or not there.
    WorkerDied
        If a worker did.
    """
    import joblib

    if jobs == 0:
        raise InputError("--jobs should be a number of workers, or -1 for all cores; it is 0")
    if scheduler is not None and backend not in ("dask", "cuda"):
        raise InputError(
            f"--scheduler is for --backend dask or cuda, and the backend is {backend!r}"
        )
    if backend == "multiprocessing":
        raise InputError(
            "--backend multiprocessing would wait for ever for a worker that died: take loky"
        )
    cuda = backend == "cuda"
    if cuda:
        backend = "dask" if scheduler else "threading"
    options: dict[str, Any] = {}
    if backend == "dask":
        options = {"wait_for_workers_timeout": _FIRST_WORKER}
    with _started(backend, scheduler, jobs) as share:
        gpus = None
        if cuda:
            gpus = _gpus_of_cluster() if scheduler else gpus_here(jobs)
            jobs = jobs if scheduler else gpus.workers
        try:
            context = joblib.parallel_config(backend, n_jobs=jobs, **options)
        except (ValueError, ImportError) as error:
            raise InputError(
                f"--backend {backend!r} is not known to joblib ({str(error).splitlines()[0]}): "
                "take threading, loky, dask, ray or cuda"
            ) from None
        with context:
            call = _in_rounds if backend == "ray" else _as_they_come
            try:
                yield Workers(call, _KINDS.get(backend, "elsewhere"), share(dataset), gpus)
            except NoDevice as error:
                raise InputError(str(error)) from None


def gpus_here(jobs: int = -1) -> Gpus:
    """Return the GPUs of this process, for so many threads.

    Raises
    ------
    sweep.errors.InputError
        If there are none, or what speaks to them is not there.
    """
    try:
        return Gpus.here(jobs)
    except NoDevice as error:
        raise InputError(str(error)) from None


def _gpus_of_cluster() -> Gpus:
    """Return the GPUs of the dask workers that are there."""
    from distributed import default_client

    client = default_client()
    try:
        client.wait_for_workers(1, timeout=_FIRST_WORKER)
    except TimeoutError:
        raise InputError("no dask worker has come to the scheduler: start some") from None
    found = client.run(_gpus_of_worker, on_error="return")
    for address, gpus in found.items():
        if isinstance(gpus, Exception):
            raise InputError(f"the dask worker {address} cannot train on a GPU: {gpus}")
    return Gpus.together(found.values())


def _gpus_of_worker(dask_worker: Any) -> Gpus:
    return Gpus.here(dask_worker.state.nthreads)


class _Stored(NamedTuple):
    """Stands for the data set in a task for ray, whose workers share it in a store of their own."""

    reference: Any

    def result(self) -> Any:
        """Return the data set."""
        import ray

        return ray.get(self.reference)


def _with_data(function: Callable[..., Any], *task: Any) -> Any:
    """Do a task in which a future may stand for the data.

    dask puts the data there itself, but not where joblib does all tasks in this process, as it
    does when there is one worker.
    """
    return function(*(x.result() if hasattr(x, "result") else x for x in task))


def _as_they_come(function: Callable[..., Any], tasks: Iterable[tuple]) -> Iterator[Any]:
    import joblib

    workers = joblib.Parallel(return_as="generator_unordered", pre_dispatch="2 * n_jobs")
    with warnings.catch_warnings():  # that an end before the last task is wasteful
        warnings.filterwarnings("ignore", message=r"\d+ tasks ")
        with helpers_start():
            done = workers(joblib.delayed(_with_data)(function, *task) for task in tasks)
        yield from done


def _in_rounds(function: Callable[..., Any], tasks: Iterable[tuple]) -> Iterator[Any]:
    """Hand out a few tasks at a time: joblib cannot yield ray's results as they come."""
    import joblib

    left = iter(tasks)
    with ExitStack() as stack:
        with helpers_start():  # the same ones from round to round: ray starts them slowly
            workers = stack.enter_context(joblib.Parallel())
        while some := list(islice(left, 4 * joblib.effective_n_jobs(workers.n_jobs))):
            yield from workers(joblib.delayed(_with_data)(function, *task) for task in some)


@contextmanager
def _started(
    backend: str, scheduler: str | None, jobs: int
) -> Iterator[Callable[[Dataset | Article], Any]]:
    """Connect to what a backend needs, and leave it at the end; give what shares out the data."""
    if backend == "dask":
        try:
            from distributed import Client, KilledWorker
        except ImportError:
            raise InputError(
                "--backend dask needs the package distributed: pip install 'regsweep[dask]'"
            ) from None
        workers = None if jobs < 0 else jobs
        try:
            with helpers_start():
                client = (
                    Client(scheduler, timeout=PATIENCE)
                    if scheduler
                    else Client(
                        n_workers=workers,
                        threads_per_worker=1,
                        dashboard_address="127.0.0.1:0",
                        # Not that an interruption cancels tasks, nor what it then cannot find.
                        silence_logs=logging.CRITICAL,
                    )
                )
        except (OSError, ValueError) as error:
            raise InputError(f"no dask scheduler answers at {scheduler}: {error}") from None
        with _still("distributed.client"), _still("tornado.application"), client:

            def share(dataset: Dataset | Article) -> Any:
                with warnings.catch_warnings():  # that this is large
                    warnings.simplefilter("ignore")
                    return client.submit(_itself, dataset, pure=False)

            try:
                # As the result of a task: where its last copy dies with a worker, it is made again.
                yield share
            except (KilledWorker, CancelledError, OSError) as error:
                raise WorkerDied(f"work was lost on the dask cluster ({_first(error)})") from None
    elif backend == "ray":
        try:
            import ray
            from ray.util.joblib import register_ray
        except ImportError as error:
            raise InputError(
                f"--backend ray needs the package ray, whole ({_first(error)}): "
                "pip install 'regsweep[ray]'"
            ) from None
        register_ray()
        with _only_loud("ray"):
            if not ray.is_initialized():
                _start_ray()
            try:
                yield lambda dataset: _Stored(ray.put(dataset))
            except ray.exceptions.RayError as error:
                raise WorkerDied(f"work was lost on ray ({_first(error)})") from None
    else:
        try:
            yield _itself
        except BrokenExecutor as error:
            raise WorkerDied(
                f"a worker process died, perhaps for want of memory ({_first(error)})"
            ) from None


def _start_ray() -> None:
    """Start ray, or connect to what RAY_ADDRESS names; it is not to say what we say in a line."""
    import ray

    told: Any = getattr(getattr(ray, "_private", None), "worker", None)
    if hasattr(told, "print_to_stdstream"):  # no option keeps the death of a worker off our output
        told.print_to_stdstream = lambda *_, **__: None
    try:
        with helpers_start():
            ray.init(log_to_driver=False, logging_level=logging.CRITICAL)
    except UnicodeEncodeError:
        raise InputError(
            "--backend ray takes no name of a file or folder that is no UTF-8, here or in the "
            "command: rename it, or take another backend"
        ) from None


@contextmanager
def _only_loud(name: str) -> Iterator[None]:
    """Keep a package's loggers quiet, but for what is critical."""
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)


@contextmanager
def _still(name: str) -> Iterator[None]:
    """Keep a logger quiet: what goes wrong is raised too, and said in one line."""
    logger = logging.getLogger(name)
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


def _itself(dataset: Dataset | Article) -> Dataset | Article:
    return dataset


def _first(error: Exception) -> str:
    return str(error).splitlines()[0]
