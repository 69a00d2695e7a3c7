"""The streams that a command was started with, made ones that can be written to whatever its caller has set."""

import codecs
import os
import sys

__all__ = ["prepare_streams"]

_ERRORS = "httptask.as_given"


def prepare_streams() -> None:
    """Put /dev/null in the place of streams that are closed, and let names of files be written as they are.

    A closed stream is None in Python, and the next file that is opened would take its place: what is said would be
    written into it. A name that is no text in this locale comes as half surrogates, which go out as the bytes they
    were.
    """
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        if not _is_open(descriptor):
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number, which this one is
        if getattr(sys, name) is None:
            mode = "w" if descriptor else "r"
            setattr(sys, name, open(descriptor, mode, encoding="utf-8", closefd=False))  # noqa: SIM115
    codecs.register_error(_ERRORS, _as_given)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors=_ERRORS)


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def _as_given(error: UnicodeError) -> tuple[bytes, int]:
    """The byte that a half surrogate stands for, or an escape of what the encoding does not have."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    character = error.object[error.start]
    try:
        return character.encode(error.encoding, "surrogateescape"), error.start + 1
    except UnicodeEncodeError:
        return character.encode(error.encoding, "backslashreplace"), error.start + 1
