"""The `httptask` command."""

import codecs
import gc
import os
import signal
import sys

from httptask.cli.terminal.notice import clear_notice, show_notice

__all__ = ["main"]

_INTERRUPTED = 130
_COMPLETION = "_HTTPTASK_COMPLETE"
_ERRORS = "httptask.as_given"
_OBJECTS_PER_COLLECTION = 200_000
"""Python looks for garbage after every 700 new objects; those of modules stay, and looking took a tenth of a start.

No command that ends makes so many; what serves for long looks more often.
"""
_NO_PYDANTIC_PLUGINS = ("PYDANTIC_DISABLE_PLUGINS", "__all__")
"""Pydantic looks for plugins through all that is installed, which is more the more there is; no model here has any."""


def main() -> None:
    """Run the command line; Ctrl-C ends it silently while its modules are still being imported."""
    gc.set_threshold(_OBJECTS_PER_COLLECTION)
    os.environ.setdefault(*_NO_PYDANTIC_PLUGINS)
    _prepare_streams()
    if _COMPLETION not in os.environ:  # a shell that completes a command shows what that says
        show_notice("loading")
    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:  # else whoever started this command wants it to be left alone
        signal.signal(signal.SIGINT, _end)
    from httptask.cli.commands.app import main as run

    signal.signal(signal.SIGINT, before)
    run()


def _end(_number: int, _frame: object) -> None:
    clear_notice()
    os._exit(_INTERRUPTED)


def _prepare_streams() -> None:
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
