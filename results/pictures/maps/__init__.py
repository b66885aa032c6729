"""Pictures that are maps: a metric over two axes of the grid, in colours."""
