"""Two sweeps side by side: cells that met the same luck, subtracted seed by seed, and in words."""
