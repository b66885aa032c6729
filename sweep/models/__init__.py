"""A trained network by itself: on disk, pruned, predicting."""
