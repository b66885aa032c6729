"""What a trained model is worth on rows that it never saw."""
