"""What a terminal shows of a sweep: the best cells as a table, the grid as a map."""
