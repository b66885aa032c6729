"""The same as scikit-learn estimators."""
