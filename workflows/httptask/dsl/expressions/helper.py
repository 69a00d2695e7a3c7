"""The program of a helper process: runs jq programs for the worker that started it.

It is run as a script, without the package around it; its argument is the folder that holds the module `jq`.
It reads requests from standard input and writes replies to standard output until the input ends.

    request   sizes of program and input, number of outputs, seconds of processor time;
              then program and input, UTF-8 (without input the program is only compiled)
    reply     kind, size, and seconds of processor time that this process has used; then a text, UTF-8:
                R  ready, once at the start
                V  the next output, which must be a string
                D  done
                C  the program does not compile
                E  the program raised an error that it did not catch
                L  the outputs are larger than MOST_OUTPUT bytes
"""

import contextlib
import os
import resource
import signal
import struct
import sys
import time
from collections import OrderedDict
from typing import Any, BinaryIO

REQUEST = struct.Struct(">IIId")
REPLY = struct.Struct(">cId")
MEMORY = 576 << 20
"""Bytes of address space; Python and jq take about 20 MB of it, compiled programs as much again."""
MOST_OUTPUT = 16 << 20
MOST_PROGRAMS = 256
OUT_OF_MEMORY = 71
"""Exit status; there may be no memory left to send a reply with."""


def main() -> None:
    """Serve requests until standard input ends."""
    sys.path.append(sys.argv[1])
    import jq  # its folder is known only now

    _bound(resource.RLIMIT_CORE, 0)
    _bound(resource.RLIMIT_FSIZE, 0)
    _bound(resource.RLIMIT_NOFILE, 8)
    _bound(resource.RLIMIT_NPROC, 0)
    _bound(resource.RLIMIT_AS, MEMORY)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)  # it may be inherited as ignored
    replies = Replies(sys.stdout.buffer)
    replies.send(b"R", "")
    requests = sys.stdin.buffer
    programs = Programs(jq.compile)  # pyright: ignore[reportUnknownMemberType] - no types
    while header := requests.read(REQUEST.size):
        program_size, input_size, outputs, seconds = REQUEST.unpack(header)
        # Nothing here has to notice: SIGPROF ends the process, also one whose worker was killed meanwhile.
        signal.setitimer(signal.ITIMER_PROF, seconds)
        program, values = requests.read(program_size), requests.read(input_size)
        try:
            last = run(programs, replies, program, values, outputs)
            signal.setitimer(signal.ITIMER_PROF, 0)
            replies.send(*last)
        except MemoryError:
            os._exit(OUT_OF_MEMORY)


class Replies:
    """Writes reply frames."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def send(self, kind: bytes, text: str, *, more: bool = False) -> None:
        """Write one frame; with `more` it may wait for the next one."""
        data = text.encode()
        self._stream.write(REPLY.pack(kind, len(data), time.process_time()) + data)
        if not more:
            self._stream.flush()


class Programs:
    """Compiled programs, the most recently used ones."""

    def __init__(self, compile_program: Any) -> None:
        self._compile = compile_program
        self._compiled: OrderedDict[bytes, Any] = OrderedDict()

    def get(self, program: bytes) -> Any:
        """The compiled program; a ValueError says why there is none."""
        found = self._compiled.get(program)
        if found is None:
            found = self._compiled[program] = self._compile(program.decode())
            if len(self._compiled) > MOST_PROGRAMS:
                self._compiled.popitem(last=False)
        self._compiled.move_to_end(program)
        return found


def run(
    programs: Programs, replies: Replies, program: bytes, values: bytes, outputs: int
) -> tuple[bytes, str]:
    """Run a program and return the last frame of the reply.

    Each output is sent before the next is computed, so that the worker knows which one does not end.
    """
    try:
        compiled = programs.get(program)
    except ValueError as error:
        return b"C", str(error)
    size = count = 0
    try:
        for output in compiled.input_text(values.decode()) if values else ():
            size += len(output)
            if size > MOST_OUTPUT:
                return b"L", ""
            count += 1
            replies.send(b"V", output, more=count == outputs)
    except ValueError as error:
        return b"E", str(error)
    return b"D", ""


def _bound(kind: int, amount: int) -> None:
    _, hard = resource.getrlimit(kind)
    soft = amount if hard == resource.RLIM_INFINITY else min(amount, hard)
    # Not every system has every bound (macOS: RLIMIT_AS); time ends what runs away there.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(kind, (soft, hard))


if __name__ == "__main__":
    main()
