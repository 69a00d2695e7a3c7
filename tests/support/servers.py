"""Embedded servers that run."""

from pathlib import Path

import psutil

__all__ = ["servers_of"]


def servers_of(directory: Path) -> list[psutil.Process]:
    """Server processes whose database lies in the directory."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if str(directory / "temporal.db") in (process.info["cmdline"] or [])
    ]
