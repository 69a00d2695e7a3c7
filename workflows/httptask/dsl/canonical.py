"""What a definition is called, and the one spelling of it that its hash is taken of.

Keys keep the order of the document, unlike in RFC 8785: in it a model fills the properties of a JSON schema.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

__all__ = ["canonical_json", "qualified_name", "sha256"]


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
    return hashlib.sha256(canonical_json(data).encode()).hexdigest()
