"""Rows that stay together: by group and by time, a file each."""
