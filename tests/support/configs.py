"""Configurations of tests."""

from pathlib import Path

__all__ = ["written"]


def written(folder: Path, text: str) -> Path:
    """The `httptask.toml` of a folder."""
    file = folder / "httptask.toml"
    file.write_text(text)
    return file
