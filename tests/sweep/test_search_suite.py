"""What scikit-learn's own tests ask of GridSearchCV and RandomizedSearchCV, asked of ours.

Each test is theirs, of sklearn/model_selection/tests/test_search.py, and runs as it is installed:
their code, in which the names of searches and of estimators stand for ours. Whatever a test
searches over becomes an axis of ours. Those that cannot pass are in `DIFFERENT`, with the reason.
"""

import warnings
from types import FunctionType

import pytest
import sklearn

from sweep import (
    RegularizedMLPClassifier,
    RegularizedMLPClassifierCV,
    RegularizedMLPRegressor,
    RegularizedMLPRegressorCV,
)

if not sklearn.__version__.startswith("1.9."):
    pytest.skip("another scikit-learn has other tests", allow_module_level=True)

with warnings.catch_warnings():
    warnings.simplefilter("ignore", pytest.PytestUnknownMarkWarning)  # marks that they register
    from sklearn.model_selection.tests import test_search as theirs

SMALL = {"hidden_layer_sizes": (3,), "max_iter": 5, "l1": 0, "batch_size": "full"}
#: A learning rate that makes training diverge.
FAILS = 1e60


def classifier(*_, **__):
    return RegularizedMLPClassifier(**SMALL, random_state=0)


def regressor(*_, **__):
    return RegularizedMLPRegressor(**SMALL, random_state=0)


def grid_search(estimator, param_grid, **searching):
    """Return ours in the place of GridSearchCV: over L2, or where a value is to fail, a rate."""
    grids = [param_grid] if isinstance(param_grid, dict) else param_grid
    values = [value for grid in grids for axis in list(grid.values())[-1:] for value in axis]
    told = {"l2": 0.0} | estimator.get_params() | {"l2": values}
    if any("parameter" in grid for grid in grids):
        rates = [FAILS if value == 2 else 0.01 * (1 + value) for value in values]
        told |= {"l2": 0, "learning_rate_init": rates}
    numbers = isinstance(estimator, RegularizedMLPRegressor)
    of = RegularizedMLPRegressorCV if numbers else RegularizedMLPClassifierCV
    taken = of().get_params()  # a search is no fit that goes on
    return of(**{name: value for name, value in told.items() if name in taken} | searching)


def random_search(estimator, param_distributions, n_iter=10, **searching):
    """Return ours in the place of RandomizedSearchCV; of few values all are searched."""
    return grid_search(estimator, param_distributions, **searching)


OURS = {"GridSearchCV": grid_search, "RandomizedSearchCV": random_search}
OURS |= dict.fromkeys(
    ["LinearSVC", "LinearSVCNoScore", "SVC", "MockClassifier", "DecisionTreeClassifier",
     "CheckingClassifier", "LogisticRegression", "HistGradientBoostingClassifier"], classifier
)  # fmt: skip
OURS |= dict.fromkeys(["Ridge", "DecisionTreeRegressor"], regressor)


class FailingClassifier:
    FAILING_PARAMETER = 2

    def __new__(cls):
        return classifier()


OURS["FailingClassifier"] = OURS["BrokenClassifier"] = FailingClassifier

#: The tests, and what their parameters are given.
SAME = {
    name: [()]
    for name in (
        "test_grid_search_score_method",
        "test_grid_search_groups",
        "test_classes__property",
        "test_trivial_cv_results_attr",
        "test_grid_search_error",
        "test_refit_callable_invalid_type",
        "test_X_as_list",
        "test_y_as_list",
        "test_pandas_input",
        "test_unsupported_sample_weight_scorer",
        "test_pickle",
        "test_grid_search_with_multioutput_data",
        "test_grid_search_failing_classifier_raise",
        "test_search_train_scores_set_to_false",
        "test_random_search_bad_cv",
        "test_grid_search_cv_results_multimetric",
        "test_callable_multimetric_confusion_matrix",
        "test_callable_multimetric_same_as_list_of_strings",
        "test_callable_single_metric_same_as_single_string",
        "test_callable_multimetric_error_on_invalid_key",
        "test_callable_multimetric_error_failing_clf",
        "test_n_features_in",
        "test_refit",
    )
}
SAME |= {
    "test_refit_callable_out_bound": [(-1, grid_search), (2, grid_search)],
    "test_search_cv_sample_weight_equivalence": [
        (RegularizedMLPClassifierCV(**SMALL, l2=[0, 0.1]),),
        (RegularizedMLPRegressorCV(**SMALL, l2=[0, 0.1]),),
    ],
    "test_searchcv_raise_warning_with_non_finite_score": [
        (grid_search, {"param_grid": {"max_depth": [2, 3, 5, 8]}}, True)
    ],
    "test_search_cv_verbose_3": [("capsys", True), ("capsys", False)],
    "test_multi_metric_search_forwards_metadata": [(grid_search, "param_grid")],
    "test_score_rejects_params_with_no_routing_enabled": [(grid_search, "param_grid")],
}

_SAMPLER = "it is of ParameterGrid, ParameterSampler or another part that is not ours"
_ANY = "it is of a searched object that is no network: none is given to ours"
_DEEP = "X has two dimensions: one of more is refused"
_VALUES = "it asserts what its own estimator gives: test_classifier_cv compares to the bit"
_WORDS = "a fit fails by divergence alone, and is told so and not by a traceback"
_CALLBACKS = "there are no callbacks"
DIFFERENT = {
    "test_grid_search_sparse": "it reads C; test_searching has sparse samples",
    "test_grid_search_sparse_scoring": "it reads C; test_searching has sparse samples",
    "test_validate_parameter_input": _SAMPLER,
    "test_parameter_grid": _SAMPLER,
    "test_param_sampler": _SAMPLER,
    "test_parameters_sampler_replacement": _SAMPLER,
    "test_yield_masked_array_for_each_param": _SAMPLER,
    "test_yield_masked_array_no_runtime_warning": _SAMPLER,
    "test_custom_run_search": _SAMPLER,
    "test__custom_fit_no_run_search": _SAMPLER,
    "test_stochastic_gradient_loss_param": _SAMPLER,
    "test_grid_search_pipeline_steps": _ANY,
    "test_SearchCV_with_fit_params": _ANY,
    "test_grid_search_no_score": _ANY,
    "test_grid_search_precomputed_kernel": _ANY,
    "test_grid_search_precomputed_kernel_error_nonsquare": _ANY,
    "test_unsupervised_grid_search": _ANY,
    "test_gridsearch_no_predict": _ANY,
    "test_search_cv_score_samples_error": _ANY,
    "test_search_cv_score_samples_method": _ANY,
    "test_predict_proba_disabled": _ANY,
    "test_transform_inverse_transform_round_trip": _ANY,
    "test_search_cv_pairwise_property_delegated_to_base_estimator": _ANY,
    "test_search_cv__pairwise_property_delegated_to_base_estimator": _ANY,
    "test_search_cv_pairwise_property_equivalence_of_precomputed": _ANY,
    "test_scalar_fit_param": _ANY,
    "test_scalar_fit_param_compat": _ANY,
    "test_search_cv_using_minimal_compatible_estimator": _ANY,
    "test_search_estimator_param": _ANY,
    "test_search_with_2d_array": _ANY,
    "test_search_html_repr": _ANY,
    "test_cv_results_dtype_issue_29074": _ANY,
    "test_search_with_estimators_issue_29157": _ANY,
    "test_cv_results_multi_size_array": _ANY,
    "test_array_api_search_cv_classifier": "arrays are NumPy's",
    "test_search_cv_results_none_param": "`random_state` is no axis: that is `seeds`",
    "test_gridsearch_nd": _DEEP,
    "test_grid_search_allows_nans": "NaN is refused: impute before",
    "test_grid_search": _VALUES,
    "test_grid_search_one_grid_point": _VALUES,
    "test_grid_search_when_param_grid_includes_range": _VALUES,
    "test_refit_callable": _VALUES,
    "test_search_cv_results_rank_tie_breaking": _VALUES,
    "test_refit_callable_multi_metric": _VALUES,
    "test_grid_search_cv_results": _VALUES,
    "test_random_search_cv_results": _VALUES,
    "test_random_search_cv_results_multimetric": _VALUES,
    "test_search_default_iid": _VALUES,
    "test_search_cv_timing": _VALUES,
    "test_grid_search_correct_score_results": _VALUES,
    "test_grid_search_bad_param_grid": "values are refused in words of their own",
    "test_no_refit": "what is not there is told in other words: test_refitting_is_a_choice",
    "test_grid_search_failing_classifier": _WORDS,
    "test_grid_search_classifier_all_fits_fail": _WORDS,
    "test_callable_multimetric_clf_all_fits_fail": _WORDS,
    "test_grid_search_cv_splits_consistency": "an axis is its unique values, and theirs repeats",
    "test_empty_cv_iterator_error": "it is told more plainly: test_splits_that_are_none",
    "test_search_callbacks_no_propagation": _CALLBACKS,
    "test_search_callbacks_propagation": _CALLBACKS,
    "test_search_callbacks_receive_sample_weight": _CALLBACKS,
    "test_search_callbacks_receive_search_instance": _CALLBACKS,
    "test_search_callbacks_with_partial_fit_failures": _CALLBACKS,
}


def test_every_one_of_theirs_is_here_or_has_its_reason():
    there = {name for name in vars(theirs) if name.startswith("test_")}
    assert there - set(SAME) == set(DIFFERENT) and not set(SAME) & set(DIFFERENT)


@pytest.mark.filterwarnings("default")  # as they run: what they expect is checked all the same
@pytest.mark.parametrize(
    ("name", "given"), [(name, given) for name, each in SAME.items() for given in each]
)
def test_as_theirs(name, given, request, monkeypatch):
    """Run one of theirs on ours, which say nothing of short fits: some count all warnings."""
    monkeypatch.setattr("sweep.estimators.convergence.warn", lambda *_: None)
    test = getattr(theirs, name)
    test = getattr(test, "__wrapped__", test)
    names = {**vars(theirs), **OURS}
    copy = FunctionType(test.__code__, names, name, test.__defaults__, test.__closure__)
    given = [request.getfixturevalue(one) if one == "capsys" else one for one in given]
    with sklearn.config_context(enable_metadata_routing="forwards_metadata" in name):
        copy(*given)
