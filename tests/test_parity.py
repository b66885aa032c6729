"""The README's table of what the estimators share with scikit-learn's is that of both."""

import pytest
import sklearn

from sweep import RegularizedMLPRegressor, RegularizedMLPRegressorCV
from tests import parity


def test_the_readme_has_the_table_that_both_sides_make():
    if not sklearn.__version__.startswith("1.9."):
        pytest.skip("another scikit-learn has other parameters")
    found = parity.README.read_text().split(parity.BEGINS)[1].split(parity.ENDS)[0]
    assert found == parity.table(), "write it anew: python -m tests.parity --write"


def test_what_the_table_says_of_a_parameter_is_so():
    RegularizedMLPRegressor(tol=1e-4)  # in both
    with pytest.raises(TypeError, match="max_fun"):
        RegularizedMLPRegressor(max_fun=1)
    assert not hasattr(RegularizedMLPRegressorCV, "inverse_transform")
