"""Names that other tools give to what stands here elsewhere: `url`, `json`, `retry`."""

from collections.abc import Iterable
from typing import Final

__all__ = ["elsewhere", "meant_key"]

_OTHER_NAMES: Final = {
    "after": ("days", "hours", "milliseconds", "minutes", "seconds"),
    "endpoint": ("address", "baseurl", "href", "uri", "url"),
    "body": ("content", "data", "json", "payload", "requestbody"),
    "query": ("params", "parameters", "qs", "queryparameters", "queryparams", "querystring", "search"),
    "form": ("formdata", "formparameters", "urlencoded"),
    "multipart": ("attachments", "files"),
    "paginate": ("pages", "pagination", "paging"),
    "method": ("httpmethod", "verb"),
    "success": ("acceptedstatus", "expectedstatus", "okstatuses", "successcodes"),
}
"""By the key that has the same meaning."""
_RETRIES: Final = (
    "the attempts of a call are a setting of its connection: `[connections.NAME.retry]` in httptask.toml"
)
_AUTHENTICATION: Final = (
    "it stands in the endpoint: `endpoint: { uri: https://…, authentication: … }`, or in the connection"
)
_TIMEOUT: Final = "it stands beside `call`, not under `with`: `timeout: { after: PT30S }`"
_REDIRECTS: Final = "redirects are followed by a connection: `redirects = 3` in httptask.toml"
_HEADER: Final = "write the header: `headers: { %s: … }`"
_PAGES: Final = "it is a key of `paginate`: `paginate: { %s: … }`"
_TLS: Final = "certificates are a setting of the connection: `tls` in httptask.toml"
_PROXY: Final = "a proxy is a setting of the connection: `proxy` in httptask.toml"
_ELSEWHERE: Final = {
    **dict.fromkeys(("attempts", "maxattempts", "maxretries", "retries", "retry", "retrypolicy"), _RETRIES),
    **dict.fromkeys(
        ("apikey", "auth", "authentication", "authorization", "basic", "bearer", "credentials", "token"),
        _AUTHENTICATION,
    ),
    **dict.fromkeys(("timeout", "timeouts", "timeoutseconds"), _TIMEOUT),
    **dict.fromkeys(("allowredirects", "followredirects", "maxredirects"), _REDIRECTS),
    **dict.fromkeys(("cookie", "cookies"), _HEADER % "Cookie"),
    "accept": _HEADER % "Accept",
    "contenttype": _HEADER % "Content-Type",
    "useragent": _HEADER % "User-Agent",
    **{
        key: _PAGES % key
        for key in ("cursor", "interval", "items", "limit", "link", "next", "offset", "page")
    },
    **dict.fromkeys(("insecure", "ssl", "verify", "verifyssl"), _TLS),
    **dict.fromkeys(("proxies", "proxy"), _PROXY),
}
"""Where a call's setting stands that is none of its arguments."""


def meant_key(key: str, known: Iterable[str]) -> str | None:
    """The known key that has another name elsewhere."""
    folded = _folded(key)
    return next((name for name in known if folded in _OTHER_NAMES.get(name, ())), None)


def elsewhere(key: str) -> str | None:
    """Where an argument stands that a call does not take, if it is one that calls take in other tools."""
    return _ELSEWHERE.get(_folded(key))


def _folded(key: str) -> str:
    return key.lower().replace("_", "").replace("-", "")
