"""Commands about sweeps that are there: how far they are, once and live, and which there are."""
