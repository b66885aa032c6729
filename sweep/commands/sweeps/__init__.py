"""Commands about a sweep that is to be: to run it, and to say what that would do."""
