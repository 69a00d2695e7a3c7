"""What is a credential: by the name that it stands under, or by its own form."""

import re
from typing import Final

from httptask.http.headers import is_credential

__all__ = [
    "KNOWN_TOKEN",
    "PRIVATE_KEY",
    "SHORTEST_CREDENTIAL",
    "WEBHOOK",
    "holds_credential",
    "is_credential_cookie",
    "is_credential_parameter",
    "is_telling",
]

_PARAMETER: Final = re.compile(
    r"token|secret|passw(or)?d|passphrase|api[-_]?key|credential|signature"
    r"|(^|[-_\[.])(auth|authorization|cookie|jsessionid|phpsessid|jwt|pass|pwd|pin|sig|sid|tkn|key)\]?$|[-_]key\]?$",
    re.IGNORECASE,
)
_NOT_PARAMETER: Final = re.compile(
    r"(token|password|secret)_?(type|count|limit|length|expir)|max_?\w*tokens?|tokens$|(key|token)_?id$"
    r"|sort_?key|public_?key|^grant|idempoten",
    re.IGNORECASE,
)
_AMBIGUOUS: Final = frozenset({"key", "pin", "sid", "auth", "pass"})
_LONGEST_NAME: Final = 100
SHORTEST_CREDENTIAL: Final = 6
"""Characters of one that is looked for in the rest of its requests."""
_KEY_LENGTH: Final = 12
"""From which on what stands under an ambiguous name is taken for a credential."""
KNOWN_TOKEN: Final = re.compile(
    r"(?:(?<![A-Za-z0-9])(?:"
    r"sk-[A-Za-z0-9_-]{16,}|[rsp]k_(?:live|test)_\w{10,}|gh[oprsu]_[A-Za-z0-9]{20,}|github_pat_\w{20,}"
    r"|glpat-[\w-]{16,}|xox[abeprs]-[\w-]{10,}|xapp-[\w-]{10,}|AKIA[0-9A-Z]{16}|AIza[\w-]{30,}|hf_[A-Za-z0-9]{20,}"
    r"|SG\.[\w-]{16,}\.[\w-]{16,}|eyJ[\w-]{8,}\.eyJ[\w-]{4,}\.[\w-]*"
    r")|(?<=/bot)[0-9]{6,}:[\w-]{20,})(?![A-Za-z0-9])"
)
"""Credentials that say themselves what they are, by how their issuers write them."""
WEBHOOK: Final = re.compile(
    r"(?:https?://)?(?:hooks\.slack\.com/(?:services|workflows|triggers)/|(?:\w+\.)?discord(?:app)?\.com/api/webhooks/"
    r"|[\w.-]+\.webhook\.office\.com/|hooks\.zapier\.com/hooks/)\S+",
    re.IGNORECASE,
)
"""Addresses that are credentials as a whole: who knows one may post there."""
PRIVATE_KEY: Final = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?:(?!-----).)+-----END [A-Z ]*PRIVATE KEY-----", re.DOTALL
)


def is_credential_parameter(name: str, value: str) -> bool:
    """Whether a query parameter, form field or JSON field of that name holds a credential."""
    if not value or len(name) > _LONGEST_NAME or not _PARAMETER.search(name) or _NOT_PARAMETER.search(name):
        return False
    return name.lower() not in _AMBIGUOUS or (len(value) >= _KEY_LENGTH and " " not in value)


def holds_credential(name: str) -> bool:
    """Whether a header, parameter, field or variable of that name would hold a credential, whatever is in it."""
    return is_credential(name) or is_credential_parameter(name, "?" * _KEY_LENGTH)


def is_credential_cookie(name: str, value: str) -> bool:
    """Whether a cookie holds a credential; most do, but some keep a word that stands elsewhere, too: `theme=dark`."""
    return is_telling(value) or (len(value) >= SHORTEST_CREDENTIAL and is_credential_parameter(name, value))


def is_telling(text: str) -> bool:
    """Whether a text is long enough to be none but itself, and no word of something else."""
    return len(text) >= _KEY_LENGTH
