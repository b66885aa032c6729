"""Lines along an axis of the grid, with what belongs to them: bands, seeds, chosen places."""
