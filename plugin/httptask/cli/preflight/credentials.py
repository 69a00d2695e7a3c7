"""Credentials of httptask.toml, told by every command that would send them."""

from typing import TYPE_CHECKING

from httptask.cli.terminal.console import print_note

if TYPE_CHECKING:
    from httptask.config import Config

__all__ = ["tell_credential_warnings"]


def tell_credential_warnings(config: "Config") -> None:
    """Say on stderr what is written as it is where a secret belongs, and which secrets are not declared."""
    from httptask.config.credential_warnings import credential_warnings

    for report in credential_warnings(config):
        print_note(str(report))
