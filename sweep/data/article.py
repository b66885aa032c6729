"""The document's data: one sample, which each seed draws."""

import numpy as np

from sweep.data.dataset import Variable
from sweep.specification.article import NAME, is_article

#: What is drawn has five inputs, and one of four classes.
_INPUTS, _CLASSES = 5, 4

#: The number of its class: the second.
CLASS = 1


class Article:
    """What the document's experiment has in the place of a data set; see `Dataset`."""

    name = NAME
    features = tuple(f"x{i}" for i in range(_INPUTS))
    variables = tuple(map(Variable, features))
    counts = (1,) * len(features)
    classes = tuple(map(str, range(_CLASSES)))
    targets: tuple[Variable, ...] = ()
    outputs = _CLASSES

    def sample(self, seed: int) -> np.ndarray:
        """Return the inputs that a seed draws, shape (5,)."""
        return _draw(np.random.RandomState(seed))


def plain_generator(data: object, seed: int) -> np.random.RandomState:
    """Return ``RandomState(seed)``, from which the article's sample has been drawn already."""
    generator = np.random.RandomState(seed)
    if is_article(data):
        _draw(generator)
    return generator


def _draw(generator: np.random.RandomState) -> np.ndarray:
    return generator.randint(1, 100, _INPUTS) / 100
