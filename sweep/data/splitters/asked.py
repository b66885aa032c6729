"""What part of some rows is asked for."""

from typing import NamedTuple

from sweep.errors import InputError


class Asked(NamedTuple):
    """A fold of several, or a share.

    Attributes
    ----------
    name : str
        Name of the data set.
    where : str
        Which rows of it they are, as messages say it; empty for all.
    fold : int
        Which of the ``folds`` is held out; without effect where these are 0.
    folds : int
    fraction : float
        Share to hold out, where there are no folds.
    option : str
        The option that says how many folds.
    """

    name: str
    where: str
    fold: int
    folds: int
    fraction: float
    option: str = "folds"

    def too_many(self, what: str) -> InputError:
        """Return the error of there being more folds than the rows allow for: ``what`` they are."""
        mend = ", or hold out by `val_fraction`" if self.option == "folds" else ""
        return InputError(
            f"`{self.option}` is {self.folds}, and {what}{self.where}: lower `{self.option}`{mend}"
        )
