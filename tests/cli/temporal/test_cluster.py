"""Which Temporal server is meant."""

from pathlib import Path

import pytest

from httptask.cli.temporal.cluster import find_cluster
from httptask.cli.terminal.errors import CliError


def test_a_file_that_can_not_be_read_is_told_by_what_names_it(tmp_path: Path) -> None:
    missing = tmp_path / "ca.pem"
    environment = {"TEMPORAL_ADDRESS": "127.0.0.1:1", "TEMPORAL_TLS": "true"}
    by_variable = {**environment, "TEMPORAL_TLS_SERVER_CA_CERT_PATH": str(missing)}
    with pytest.raises(CliError, match=f"^TEMPORAL_TLS_SERVER_CA_CERT_PATH: {missing}: No such file"):
        find_cluster(None, by_variable)
    file = tmp_path / "temporal.toml"
    file.write_text(f'[profile.default.tls]\nserver_ca_cert_path = "{missing}"\n')
    with pytest.raises(CliError, match=rf"^temporal\.toml: {missing}: No such file"):
        find_cluster(None, {**environment, "TEMPORAL_CONFIG_FILE": str(file)})
