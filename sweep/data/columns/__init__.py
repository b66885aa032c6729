"""What the columns of a table mean: features, classes, and cells without a value."""
