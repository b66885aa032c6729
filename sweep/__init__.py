"""The experiment: a grid of L1 x L2 x seeds, every cell trained, as a tidy table."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sweep.spec import Sweep as Sweep

__all__ = ["Sweep"]


def __getattr__(name: str) -> Any:
    """Import the public names when they are first used, so that the command line starts at once."""
    if name == "Sweep":
        from sweep.spec import Sweep

        return Sweep
    raise AttributeError(f"module 'sweep' has no attribute {name!r}")
