"""Interrupts a thread as Temporal does with a workflow that it takes for stuck: by an exception, wherever it is."""

import ctypes
import sys
import threading
from collections.abc import Callable, Collection
from types import FrameType
from typing import Any

__all__ = ["was_interrupted"]


class _Interruption(BaseException):
    pass


def was_interrupted(work: Callable[[], object], number: int, files: Collection[str]) -> bool:
    """Do some work in a thread, and interrupt it at one of the places where Python lets that be.

    These are the beginning of a function, and the end of one in C.

    Args:
        work: what is done.
        number: of the place, from 1.
        files: where to count such places.

    Returns:
        Whether the work came to that place.
    """
    left = number

    def count(frame: FrameType, event: str, _: Any) -> None:
        nonlocal left
        if event in ("call", "c_return") and frame.f_code.co_filename in files:
            left -= 1
            if left == 0:
                thread = ctypes.c_ulong(threading.get_ident())
                ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, ctypes.py_object(_Interruption))

    def run() -> None:
        sys.setprofile(count)
        try:
            work()
        except _Interruption:
            pass
        finally:
            sys.setprofile(None)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return left <= 0
