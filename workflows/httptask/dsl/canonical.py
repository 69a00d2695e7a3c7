"""What a definition is called, and the one spelling of it that its hash is taken of.

Keys keep the order of the document, unlike in RFC 8785: in it a model fills the properties of a JSON schema.
"""

import base64
import hashlib
import json
import zlib
from collections.abc import Mapping
from typing import Any

__all__ = ["canonical_json", "packed", "qualified_name", "sha256", "sha256_of_text", "unpacked"]


def qualified_name(definition: Mapping[str, Any]) -> str:
    """`NAMESPACE/NAME:VERSION` of a valid definition."""
    document = definition["document"]
    return f"{document['namespace']}/{document['name']}:{document['version']}"


def canonical_json(data: Any) -> str:
    """Compact JSON, nothing escaped that needn't be.

    Raises:
        ValueError: for numbers that JSON can't hold.
    """
    return json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def sha256(data: Any) -> str:
    """The hash of a definition: lower-case hexadecimal."""
    return sha256_of_text(canonical_json(data))


def sha256_of_text(text: str) -> str:
    """The hash of a definition in its canonical JSON."""
    return hashlib.sha256(text.encode()).hexdigest()


def packed(text: str) -> str:
    """A definition, as canonical JSON, in the form that histories hold of it: compressed by zlib, in base64."""
    return base64.b64encode(zlib.compress(text.encode(), zlib.Z_BEST_COMPRESSION)).decode()


def unpacked(text: str) -> str:
    """The canonical JSON that was packed."""
    return zlib.decompress(base64.b64decode(text)).decode()
