"""What an operator permits, beyond the connections."""

from pydantic import BaseModel, ConfigDict, field_validator

from httptask.egress.address import parse_networks
from httptask.egress.hosts import check_host_patterns

__all__ = ["Policy", "WorkerPolicy"]


class Policy(BaseModel):
    """Where requests without a connection may go, whatever command sends them."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    allowed_hosts: tuple[str, ...] = ()
    """Hosts, and `*.example.com` for all hosts below a domain; empty for any."""
    allow_private: tuple[str, ...] = ()
    """Private networks: `loopback`, an address, or CIDR notation."""

    @field_validator("allowed_hosts")
    @classmethod
    def _hosts(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        check_host_patterns(patterns)
        return patterns

    @field_validator("allow_private")
    @classmethod
    def _networks(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        parse_networks(names)
        return names


class WorkerPolicy(BaseModel):
    """What `httptask worker` permits those who start workflows and those who write definitions."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    allow_inline: bool = False
    """Whether definitions that come with the start of a workflow are run, as with `--allow-inline`."""
    allow_unbound_secrets: bool = False
    """Whether secrets without `origins` are taken, which may then be sent anywhere."""
    allow_literal_credentials: bool = False
    """Whether definitions are served that hold a credential as it is."""
    health_address: str | None = None
    """Where `/live` and `/ready` answer, such as `127.0.0.1:8080`, as with `--health-address`."""
