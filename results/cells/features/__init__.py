"""Which columns of the data cells use, and how far that can be trusted."""
