"""Names of hosts that requests without a connection may go to."""

import re
from collections.abc import Sequence

from httptask.diagnostics.cutting import shortened

__all__ = ["check_host_patterns", "is_allowed"]

_PATTERN = re.compile(r"(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\]")


def check_host_patterns(patterns: Sequence[str]) -> None:
    """Refuses what is neither a host nor `*.` and a domain.

    Raises:
        ValueError: naming the pattern.
    """
    for pattern in patterns:
        if not _PATTERN.fullmatch(pattern):
            raise ValueError(
                f'"{shortened(pattern, 100)}" is neither a host, such as "api.example.com", nor "*.example.com" '
                "for all hosts below a domain, in lower case and without a port"
            )


def is_allowed(host: str, patterns: Sequence[str]) -> bool:
    """Whether a host is among those of the patterns.

    Args:
        host: as a URL has it, in lower case; an IPv6 address without its brackets.
        patterns: hosts, and `*.example.com` for all hosts below a domain, itself excluded.
    """
    name = f"[{host}]" if ":" in host else host.rstrip(".")
    return any(
        name.endswith(pattern[1:]) if pattern.startswith("*.") else name == pattern for pattern in patterns
    )
