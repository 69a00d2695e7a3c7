"""What TLS connections are made with. The certificate of a server is verified in any case."""

import ssl
from functools import cache
from pathlib import Path

import httpx

from httptask.connections.route import TlsFiles
from httptask.http.errors import ConnectFailed

__all__ = ["tls_context"]

_NOT_PEM = "it is no PEM file, or the password of its key is wrong"


def tls_context(files: TlsFiles | None) -> ssl.SSLContext:
    """The usual authorities, or what a connection's own files say.

    Raises:
        ConnectFailed: a file does not hold what it should.
    """
    if files is None:
        return _shared_context()
    context = _usual_authorities() if files.ca_bundle is None else _authorities(files.ca_bundle)
    if files.certificate is not None:
        try:
            # Without a password OpenSSL would ask for one on the terminal.
            context.load_cert_chain(files.certificate, files.key, files.password or "")
        except (OSError, ValueError) as error:
            raise ConnectFailed(
                f"the client certificate {files.certificate} can't be used: {_reason(error)}",
                details={"step": "tls_files"},
            ) from None
    return context


def _authorities(bundle: Path) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=bundle)
    except OSError as error:  # an SSLError is one too
        raise ConnectFailed(
            f"the CA bundle {bundle} can't be used: {_reason(error)}", details={"step": "tls_files"}
        ) from None


def _usual_authorities() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


@cache
def _shared_context() -> ssl.SSLContext:
    return _usual_authorities()


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, ssl.SSLError):
        known = getattr(error, "reason", None)
        return known.lower().replace("_", " ") if known else _NOT_PEM
    return _NOT_PEM if isinstance(error, ValueError) else str(error.strerror)
