"""The options of curl, all of them: which make the request, which don't matter to it, and which can't be kept."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, NamedTuple

from httptask.catalog.errors import CatalogError

__all__ = ["Given", "read_options"]


class Kind(Enum):
    """What becomes of an option."""

    READ = "makes the request, or a setting of the task"
    HARMLESS = "changes nothing that is sent"
    TOLD = "is a setting of connections or workers"
    REFUSED = "can't be kept"


class _Option(NamedTuple):
    name: str
    kind: Kind
    takes_value: bool
    advice: str


_CONNECTION = "under [connections.NAME] in httptask.toml"
_RETRY = f"`retry` {_CONNECTION} says how often, and a definition's `try` what then"
_TLS = f"servers are always verified; `tls` {_CONNECTION} names authorities and client certificates"
_REDIRECTS = f"`redirects = 5` {_CONNECTION} follows them"
_PROXY = f"`proxy` {_CONNECTION} has it"
_NOT_HTTP = "it belongs to another protocol than HTTP"
_ELSEWHERE = "it changes where the request goes, which only the URL does here"
_FROM_FILES = "it takes a part of the request from a file of this machine: write it out"
_ANSWERED = "the request would depend on the server's answer: choose --basic, --digest or --oauth2-bearer"
_SIGNED = "no request is signed here"
_FRAMING = "the transport writes the request in its own way"

# Names as in `curl --help all`, with their letter behind a colon.
_TABLE: Final[tuple[tuple[Kind, bool, str, str], ...]] = (
    (
        Kind.READ,
        True,
        "",
        """
        cookie:b data:d data-ascii data-binary data-raw data-urlencode form:F form-string header:H json
        max-filesize max-time:m oauth2-bearer proto-default range:r referer:e request:X upload-file:T url
        url-query user:u user-agent:A
        """,
    ),
    (Kind.READ, False, "", "basic digest get:G globoff:g head:I next::"),
    (
        Kind.HARMLESS,
        True,
        "",
        """
        cookie-jar:c create-file-mode dump-header:D etag-save expect100-timeout happy-eyeballs-timeout-ms
        keepalive-cnt keepalive-time libcurl output:o output-dir parallel-max parallel-max-host rate
        stderr trace trace-ascii trace-config write-out:w
        """,
    ),
    (
        Kind.HARMLESS,
        False,
        "",
        """
        alpn buffer:N clobber compressed create-dirs disable:q disable-eprt disable-epsv
        disallow-username-in-url fail:f fail-early fail-with-body false-start http1.1 http2 http3
        include:i junk-session-cookies:j keepalive npn out-null parallel:Z parallel-immediate path-as-is
        progress-bar:# progress-meter raw remote-header-name:J remote-name:O remote-name-all remote-time:R
        remove-on-error sessionid show-error:S silent:s skip-existing styled-output
        suppress-connect-headers tcp-fastopen tcp-nodelay trace-ids trace-time use-ascii:B verbose:v xattr
        ignore-content-length http0.9 mptcp
        """,
    ),
    (Kind.TOLD, True, f"`limits.connect` {_CONNECTION} has it", "connect-timeout"),
    (Kind.TOLD, True, f"`limits` {_CONNECTION} bound a call", "limit-rate speed-limit:Y speed-time:y"),
    (Kind.TOLD, True, _RETRY, "retry retry-delay retry-max-time"),
    (Kind.TOLD, False, _RETRY, "retry-all-errors retry-connrefused"),
    (Kind.TOLD, True, _REDIRECTS, "max-redirs proto-redir"),
    (Kind.TOLD, False, _REDIRECTS, "follow location:L location-trusted post301 post302 post303"),
    (
        Kind.TOLD,
        True,
        _TLS,
        """
        cacert capath cert:E cert-type ciphers crlfile curves ech egd-file engine key key-type pass
        pinnedpubkey random-file sigalgs tls-max tls13-ciphers tlsauthtype tlspassword tlsuser
        """,
    ),
    (
        Kind.TOLD,
        False,
        _TLS,
        """
        ca-native cert-status insecure:k ssl-allow-beast ssl-auto-client-cert ssl-no-revoke
        ssl-revoke-best-effort sslv2:2 sslv3:3 tls-earlydata tlsv1:1 tlsv1.0 tlsv1.1 tlsv1.2 tlsv1.3
        """,
    ),
    (
        Kind.TOLD,
        True,
        _PROXY,
        """
        noproxy preproxy proxy:x proxy-cacert proxy-capath proxy-cert proxy-cert-type proxy-ciphers
        proxy-crlfile proxy-header proxy-key proxy-key-type proxy-pass proxy-pinnedpubkey
        proxy-service-name proxy-tls13-ciphers proxy-tlsauthtype proxy-tlspassword proxy-tlsuser
        proxy-user:U proxy1.0 socks4 socks4a socks5 socks5-gssapi-service socks5-hostname
        """,
    ),
    (
        Kind.TOLD,
        False,
        _PROXY,
        """
        proxy-anyauth proxy-basic proxy-ca-native proxy-digest proxy-http2 proxy-insecure proxy-negotiate
        proxy-ntlm proxy-ssl-allow-beast proxy-ssl-auto-client-cert proxy-tlsv1 proxytunnel:p socks5-basic
        socks5-gssapi socks5-gssapi-nec
        """,
    ),
    (
        Kind.TOLD,
        True,
        "the worker resolves names and opens sockets in its own way",
        "dns-interface dns-ipv4-addr dns-ipv6-addr dns-servers doh-url interface ip-tos local-port proto vlan-priority",
    ),
    (
        Kind.TOLD,
        False,
        "the worker resolves names and opens sockets in its own way",
        "doh-cert-status doh-insecure ipv4:4 ipv6:6",
    ),
    (
        Kind.TOLD,
        False,
        "requests are sent in HTTP/1.1",
        "http1.0:0 http2 http2-prior-knowledge http3 http3-only",
    ),
    (Kind.TOLD, True, "no alternative service or HSTS list is kept", "alt-svc hsts"),
    (
        Kind.REFUSED,
        True,
        _ELSEWHERE,
        "abstract-unix-socket connect-to haproxy-clientip ipfs-gateway request-target resolve unix-socket",
    ),
    (Kind.REFUSED, False, _ELSEWHERE, "haproxy-protocol"),
    (Kind.REFUSED, True, _FROM_FILES, "config:K etag-compare netrc-file time-cond:z variable"),
    (Kind.REFUSED, False, _FROM_FILES, "metalink netrc:n netrc-optional"),
    (
        Kind.REFUSED,
        True,
        "put its value in: variables of curl are not read",
        "expand-cookie expand-data expand-header expand-json expand-url expand-url-query expand-user",
    ),
    (Kind.REFUSED, False, _ANSWERED, "anyauth negotiate ntlm ntlm-wb"),
    (Kind.REFUSED, True, _SIGNED, "aws-sigv4 delegation service-name"),
    (Kind.REFUSED, True, "a part of a body is no request here", "continue-at:C upload-flags"),
    (Kind.REFUSED, False, _FRAMING, "crlf form-escape tr-encoding"),
    (
        Kind.REFUSED,
        True,
        _NOT_HTTP,
        """
        ftp-account ftp-alternative-to-user ftp-method ftp-port:P ftp-ssl-ccc-mode hostpubmd5
        hostpubsha256 knownhosts krb login-options mail-auth mail-from mail-rcpt pubkey quote:Q
        sasl-authzid telnet-option:t tftp-blksize
        """,
    ),
    (
        Kind.REFUSED,
        False,
        _NOT_HTTP,
        """
        append:a compressed-ssh ftp-create-dirs ftp-pasv ftp-pret ftp-skip-pasv-ip ftp-ssl-ccc
        ftp-ssl-control list-only:l mail-rcpt-allowfails sasl-ir ssl ssl-reqd tftp-no-options
        """,
    ),
    (Kind.REFUSED, True, "it sends no request", "help:h"),
    (Kind.REFUSED, False, "it sends no request", "dump-ca-embed manual:M version:V"),
)


def _options() -> Iterator[tuple[str, _Option]]:
    for kind, takes_value, advice, names in _TABLE:
        for entry in names.split():
            name, _, letter = entry.partition(":")
            yield letter, _Option(name, kind, takes_value, advice)


_BY_NAME: Final = {option.name: option for _, option in _options()}
_BY_LETTER: Final = {letter: option for letter, option in _options() if letter}


@dataclass
class Given:
    """The options of one command, up to `--next`.

    Attributes:
        values: those that make the request, in order; `url` for each address, whatever stands before it.
        flags: those without a value, with whether they hold: the last one counts.
        notes: what can't be kept, by its name.
    """

    values: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    flags: dict[str, bool] = field(default_factory=dict[str, bool])
    notes: list[str] = field(default_factory=list[str])

    def all(self, *names: str) -> list[tuple[str, str]]:
        """Options of these names with their values, in order."""
        return [(name, value) for name, value in self.values if name in names]

    def last(self, name: str) -> str | None:
        """What counts of an option that may stand several times."""
        return next((value for known, value in reversed(self.values) if known == name), None)

    def holds(self, name: str) -> bool:
        """Whether a flag is set."""
        return self.flags.get(name, False)


def read_options(words: Sequence[str]) -> list[Given]:
    """The options of a command; several where `--next` stands among them.

    Args:
        words: what stands behind `curl`.

    Raises:
        CatalogError: naming an option that is unknown, or changes the request into one that can't be sent.
    """
    commands = [Given()]
    rest = list(words)
    ended = False
    while rest:
        word = rest.pop(0)
        if ended or not word.startswith("-") or word == "-":
            commands[-1].values.append(("url", word))
        elif word == "--":
            ended = True
        elif word.startswith("--"):
            _long(word[2:], rest, commands)
        else:
            _short(word[1:], rest, commands)
    return commands


def _long(name: str, rest: list[str], commands: list[Given]) -> None:
    option = _named(name.removeprefix("no-"))
    if name.startswith("no-"):
        if option.takes_value:
            raise CatalogError(
                f"--no-{option.name}: curl has no such option", "look for it in `curl --help all`"
            )
        commands[-1].flags[option.name] = False
    else:
        _take(option, rest, commands, f"--{option.name}")


def _named(name: str) -> _Option:
    """The option of that name, or the only one that begins with it."""
    found = [_BY_NAME[name]] if name in _BY_NAME else []
    found = found or [option for known, option in _BY_NAME.items() if known.startswith(name)]
    shown = name.partition("=")[0][:40]
    if "=" in name and shown in _BY_NAME:
        raise CatalogError(f"--{shown}=: curl has no option of this form", f"write --{shown} VALUE")
    if len(found) != 1:
        what = "several options of curl begin so" if found else "curl has no such option"
        raise CatalogError(f"--{shown}: {what}", "look for it in `curl --help all`")
    return found[0]


def _short(letters: str, rest: list[str], commands: list[Given]) -> None:
    for index, letter in enumerate(letters):
        option = _BY_LETTER.get(letter)
        if option is None:
            raise CatalogError(f"-{letter}: curl has no such option", "look for it in `curl --help all`")
        attached = letters[index + 1 :]
        if option.takes_value and attached:
            rest.insert(0, attached)
        _take(option, rest, commands, f"-{letter}")
        if option.takes_value:
            return


def _take(option: _Option, rest: list[str], commands: list[Given], written: str) -> None:
    value = ""
    if option.takes_value:
        if not rest:
            raise CatalogError(f"{written} needs a value", "paste the command as a whole")
        value = rest.pop(0)
    given = commands[-1]
    if option.kind is Kind.REFUSED:
        raise CatalogError(f"{written} can't be kept", option.advice)
    if option.kind is Kind.TOLD:
        note = f"{written} is not kept: {option.advice}"
        given.notes += [] if note in given.notes else [note]
    elif option.name == "next":
        commands.append(Given())
    elif option.takes_value and option.kind is Kind.READ:
        given.values.append((option.name, value))
    elif not option.takes_value:
        given.flags[option.name] = True
