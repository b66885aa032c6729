"""What is predicted, as far as task, loss and the number of targets tell without the data."""

from collections.abc import Collection, Sequence
from typing import Literal

from sweep.errors import InputError
from sweep.specification.choices import LOSSES

Kind = Literal["class", "numbers", "answers"]

_CALLED = {"class": "one target of classes", "numbers": "numbers", "answers": "yes or no"}


def kind_of(task: str, loss: str | None, targets: int) -> Kind | None:
    """Return what is predicted: one class, numbers, or yes and no; None where the data tell.

    Parameters
    ----------
    task : {"auto", "classes", "numbers"}
    loss : str or None
    targets : int
        How many columns.
    """
    if loss is not None:
        return LOSSES[loss].target
    if task == "numbers":
        return "numbers"
    if task == "classes":
        return "answers" if targets > 1 else "class"
    return None


def check(
    task: str,
    loss: str | None,
    targets: Sequence[str],
    categories: Collection[str],
    class_weight: str,
    built_in: str | None,
) -> None:
    """Refuse what does not fit together, or a built-in set, as far as it is told.

    Parameters
    ----------
    task, loss, categories, class_weight
        As a `Specification` has them.
    targets : sequence of str
        The columns to predict, as far as they are named.
    built_in : str or None
        Name of the set, where it is one; they all hold classes.
    """
    kind = kind_of(task, loss, len(targets))
    if built_in and (task == "numbers" or kind != "class"):
        given = "task` numbers" if task == "numbers" else f"loss` {loss}"
        raise InputError(f"`{given} is not for {built_in}, which holds classes: leave it out")
    if loss is not None and task != "auto" and (task == "numbers") != (kind == "numbers"):
        raise InputError(
            f"`loss` {loss} is for {_CALLED[LOSSES[loss].target]}, and `task` is {task}: leave one "
            "out"
        )
    if kind == "class" and len(targets) > 1:
        raise InputError(
            f"`target` names {len(targets)} columns, and `loss` {loss} is for one: leave it out, "
            "or give one column"
        )
    if class_weight != "none" and kind not in (None, "class"):
        raise InputError(
            "`class_weight` is for classes, and these are numbers or yes and no: leave it out"
        )
    named = next((name for name in targets if name in categories), None)
    if kind == "numbers" and named is not None:
        raise InputError(
            f"`categories` names {named!r}, a target that is to be taken for numbers: leave it out "
            "there, or take each number as a class by `task` classes"
        )
