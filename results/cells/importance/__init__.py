"""Which axes matter: how much of the variance of cells' means each one and each pair explains."""
