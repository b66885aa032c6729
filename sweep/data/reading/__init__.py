"""How data files are read: a file for each format, and for what all of them need."""
