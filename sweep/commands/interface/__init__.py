"""What a user types: commands with their arguments, options and help."""
