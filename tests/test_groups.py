import os

import pytest


@pytest.mark.long
@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="one process runs all tests")
def test_one_process_runs_all_long_tests(request: pytest.FixtureRequest) -> None:
    """By the names that `pytest-xdist` distributes them by: without the group it would say nothing."""
    assert request.node.nodeid.endswith("@long")
