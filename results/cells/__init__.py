"""One row a cell: what its runs say together, and which cell to take."""
