"""Which inputs an estimator uses, under scikit-learn's names."""

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from sweep.training.sparsity import on_a_path


class Inputs:
    """Gives an estimator `feature_importances_` and `get_support`.

    So ``SelectFromModel`` and ``RFE`` take it. One that searches gives those of its best estimator.
    """

    @property
    def feature_importances_(self) -> np.ndarray:
        """Sizes of the weights that leave each input, float64 (n_features,), that add up to 1.

        A size is the root of the sum of squares, of weights of inputs as the network takes them: it
        tells of an input that is scaled. All are 0 where no weight is left.
        """
        sizes = np.linalg.norm(self._weights()[0].astype(np.float64), axis=1)
        total = sizes.sum()
        return sizes / total if total > 0 else sizes

    def get_support(self, indices: bool = False) -> np.ndarray:
        """Tell which inputs are kept: from which weights that are not zero lead to an output.

        Zeros are exact with the ``l1_method`` "proximal" alone.

        Parameters
        ----------
        indices : bool, default False
            Whether to return the places of those that are.

        Returns
        -------
        ndarray of bool, shape (n_features,), or of int64
        """
        masks = [(weights != 0).T[..., None] for weights in self._weights()]
        kept = np.asarray(next(on_a_path(masks)).any(axis=(0, 2)))
        return np.flatnonzero(kept) if indices else kept

    def _weights(self) -> list[np.ndarray]:
        """Return the weights of each layer, (inputs, outputs)."""
        check_is_fitted(self)
        fitted: Any = getattr(self, "best_estimator_", self)
        return fitted.coefs_
