"""Pictures of what a model is worth on rows that it never saw."""
