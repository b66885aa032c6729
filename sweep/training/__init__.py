"""A task: runs in, packed and trained, rows out."""
