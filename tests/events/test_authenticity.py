"""Signatures of webhooks, and tokens."""

import base64
import hashlib
import hmac

import pytest

from httptask.events.authenticity import is_signed, is_token

BODY = b'{"a":1}'
NOW = 1_800_000_000.0
KEY = b"0123456789abcdef"
STANDARD = "whsec_" + base64.b64encode(KEY).decode()


def hub(secret: str, body: bytes = BODY) -> dict[str, str]:
    return {"X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


def standard(key: bytes, at: float = NOW, before: str = "", id_: str = "msg_1") -> dict[str, str]:
    signed = f"{id_}.{int(at)}.".encode() + BODY
    signature = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at)),
        "webhook-signature": f"{before}v1,{signature}",
    }


@pytest.mark.parametrize(
    ("headers", "secret", "holds"),
    [
        pytest.param(hub("s"), "s", True, id="hub"),
        pytest.param(hub("other"), "s", False, id="hub of another secret"),
        pytest.param(hub("s", b"{}"), "s", False, id="hub of another body"),
        pytest.param({}, "s", False, id="none"),
        pytest.param({"X-Hub-Signature-256": "sha256=ü"}, "s", False, id="hub not hex"),
        pytest.param(standard(KEY), STANDARD, True, id="standard"),
        pytest.param(standard(b"plain"), "plain", True, id="standard with a plain secret"),
        pytest.param(
            standard(KEY, before="v1,b3RoZXI= v1a,x "), STANDARD, True, id="standard, the second of several"
        ),
        pytest.param(standard(b"other"), STANDARD, False, id="standard of another secret"),
        pytest.param(standard(KEY, id_="msg_2"), STANDARD, False, id="standard of another id"),
        pytest.param(standard(KEY, NOW - 301), STANDARD, False, id="standard too old"),
        pytest.param(standard(KEY, NOW + 301), STANDARD, False, id="standard of the future"),
        pytest.param(
            {**standard(KEY), "webhook-timestamp": "x"}, STANDARD, False, id="standard without a time"
        ),
    ],
)
def test_a_signature_is_of_the_body_and_the_secret(headers: dict[str, str], secret: str, holds: bool) -> None:
    assert is_signed(headers, BODY, secret, now=NOW) is holds


def test_a_token_is_all_of_it() -> None:
    assert is_token("token", "token")
    assert not any(is_token(given, "token") for given in (None, "", "toke", "tokens", "tökèn"))
