"""Certificates of an authority that exists for one test."""

import ssl
from dataclasses import dataclass
from pathlib import Path

import trustme

__all__ = ["Certificates"]


@dataclass
class Certificates:
    """An authority, and the files that it makes in a folder."""

    folder: Path

    def __post_init__(self) -> None:
        self.authority = trustme.CA()
        self.bundle = self.folder / "ca.pem"
        self.authority.cert_pem.write_to_path(str(self.bundle))

    def server(self, *hosts: str, asks_for_certificate: bool = False) -> ssl.SSLContext:
        """What a server of these hosts uses; it may want a certificate of the same authority."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.authority.issue_cert(*hosts).configure_cert(context)
        if asks_for_certificate:
            context.verify_mode = ssl.CERT_REQUIRED
            self.authority.configure_trust(context)
        return context

    def client(self, name: str = "client") -> dict[str, Path]:
        """Files of a new client certificate and its key."""
        issued = self.authority.issue_cert(f"{name}@example.com")
        certificate, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        issued.cert_chain_pems[0].write_to_path(str(certificate))
        issued.private_key_pem.write_to_path(str(key))
        return {"certificate": certificate, "key": key}
