"""The one exception for a mistake that a user can mend."""


class ProspectError(Exception):
    """A user's mistake: one line that names the file or key, what is wrong and what is right."""
