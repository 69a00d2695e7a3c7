from pathlib import Path

import pytest


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Where a server keeps its files."""
    return tmp_path / ".httptask"
