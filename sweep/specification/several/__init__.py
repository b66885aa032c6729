"""Options with several values: how they are given, kept, and written in the table."""
