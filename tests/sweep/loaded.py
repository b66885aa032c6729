"""A data set as a specification of it alone gives it."""

from sweep.data import loading
from sweep.specification.spec import Specification


def load(data, target=None, **options):
    return loading.load(Specification(data=data, target=target, **options))
