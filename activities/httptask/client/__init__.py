"""One call, from the request to its answer, with credentials: what is used without Temporal."""

from httptask.client.edge import Edge
from httptask.http.models import (
    BinaryBody,
    FormBody,
    HttpRequest,
    HttpResponse,
    JsonBody,
    Limits,
    MultipartBody,
    Part,
    TextBody,
)
from httptask.resilience.retry import with_retries

__all__ = [
    "BinaryBody",
    "Edge",
    "FormBody",
    "HttpRequest",
    "HttpResponse",
    "JsonBody",
    "Limits",
    "MultipartBody",
    "Part",
    "TextBody",
    "with_retries",
]
