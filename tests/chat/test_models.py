from httptask.chat.models import ChatRequest
from httptask.http.models import JsonBody, Limits, SecretReference
from support.chat_rows import HELLO

BODY = {"model": "m", "messages": [HELLO]}


def test_becomes_a_post_to_its_connection() -> None:
    http = ChatRequest(
        body=BODY,
        connection="local",
        secrets=(SecretReference(pointer="/messages/0/content", offset=3, name="CODE", field="word"),),
        limits=Limits(total=9),
        idempotency_key="key-1",
    ).to_http_request()
    assert (http.method, http.url, http.connection) == ("POST", "/chat/completions", "local")
    assert http.headers == {"Accept": "application/json"}
    assert http.body == JsonBody(value=BODY)
    assert http.secrets == (
        SecretReference(pointer="/body/value/messages/0/content", offset=3, name="CODE", field="word"),
    )
    assert (http.limits.total, http.idempotency_key) == (9, "key-1")
