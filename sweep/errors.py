"""The one exception that stands for a user's mistake."""


class InputError(ValueError):
    """Input that cannot be used; the message says what is wrong, where, and the mend."""
