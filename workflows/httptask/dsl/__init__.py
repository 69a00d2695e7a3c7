"""The definition language: its model, its checks, and how a file is loaded."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from httptask.dsl.canonical import sha256
    from httptask.dsl.loader import Loaded, load_file, load_text
    from httptask.dsl.report import Report

__all__ = ["Loaded", "Report", "load_file", "load_text", "sha256"]

_MODULES = {
    "Loaded": "httptask.dsl.loader",
    "Report": "httptask.dsl.report",
    "load_file": "httptask.dsl.loader",
    "load_text": "httptask.dsl.loader",
    "sha256": "httptask.dsl.canonical",
}


def __getattr__(name: str) -> Any:
    """Load what is asked for: a workflow needs parts of this package, and neither the checks nor YAML."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)
