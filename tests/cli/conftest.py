import pytest
from temporalio.testing import WorkflowEnvironment

from support.cluster import address_of
from support.commands import Shell


@pytest.fixture
def one_server(shell: Shell, temporal: WorkflowEnvironment) -> None:
    """Let commands use the server of all tests: to start one for each costs more than most commands do.

    It keeps the runs of other tests, so the latest run is the test's own only after it has started one.
    """
    shell.environment["TEMPORAL_ADDRESS"] = address_of(temporal)
