"""What the journey in a browser is given."""

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("designer")
    group.addoption("--browser", metavar="FILE", help="a Chromium that goes through the designer")
    group.addoption("--pictures", metavar="FOLDER", help="keep pictures of what it shows there")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the journey out where no browser is given."""
    is_in_browser = collection_path.name == "test_journey.py"
    return True if is_in_browser and not config.getoption("browser", default=None) else None
