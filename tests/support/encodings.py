"""The forms in which a secret may turn up."""

import base64
import json
import urllib.parse

__all__ = ["forms_of"]


def forms_of(secret: str) -> set[bytes]:
    """The secret raw, in JSON, in a URL, and in base64 at each of its three alignments."""
    found = {
        secret,
        json.dumps(secret)[1:-1],
        json.dumps(secret)[1:-1].replace("/", "\\/"),
        urllib.parse.quote(secret),
        urllib.parse.quote(secret, safe=""),
        urllib.parse.quote_plus(secret),
    }
    for shift in range(3):
        encoded = base64.b64encode(b"x" * shift + secret.encode()).decode()
        found |= {encoded[4:-4], encoded[4:-4].replace("+", "-").replace("/", "_")}
    return {form.encode() for form in found}
