"""All tasks: handed out to workers, their rows kept."""
