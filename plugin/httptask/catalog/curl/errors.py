"""What keeps a command of curl from becoming tasks."""

__all__ = ["CurlError"]


class CurlError(ValueError):
    """The command can't be kept as it is. Neither text repeats what may be a credential.

    Attributes:
        message: what, by its name or place in the command.
        hint: what to do about it.
    """

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
