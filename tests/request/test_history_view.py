from typing import Any

import pytest

from httptask.authentication.models import BasicAuthentication, BearerAuthentication, TokenAuthentication
from httptask.authentication.policy import OAuth2Policy
from httptask.http.models import (
    BinaryBody,
    FormBody,
    HttpRequest,
    JsonBody,
    MultipartBody,
    Part,
    TextBody,
)
from httptask.request.history_view import shown_request
from support.requests import at


@pytest.mark.parametrize(
    ("fields", "secrets", "shown"),
    [
        ({}, [at("/url", "HOOK")], {"url": "$HOOK"}),
        ({"url": "/v1//x"}, [at("/url", "ID", 4, "id")], {"url": "/v1/$ID.id/x"}),
        ({"query": {"k": "a-b", "n": 1}}, [at("/query/k", "A", 2)], {"query": {"k": "a-$Ab", "n": 1}}),
        ({"query": {"k": ["", "b"]}}, [at("/query/k/0", "A")], {"query": {"k": ["$A", "b"]}}),
        ({"headers": {"X-A/b": "t="}}, [at("/headers/X-A~1b", "A", 2)], {"headers": {"X-A/b": "t=$A"}}),
        (
            {"body": JsonBody(value={"a": [{"b": ""}, "c"]})},
            [at("/body/value/a/0/b", "A"), at("/body/value/a/1", "B", 1)],
            {"body": {"a": [{"b": "$A"}, "c$B"]}},
        ),
        (
            {"body": TextBody(text=" and ")},
            [at("/body/text", "B", 5), at("/body/text", "A")],
            {"body": "$A and $B"},
        ),
        ({"body": JsonBody(value=None)}, [], {"body": None}),
        (
            {"body": FormBody(fields={"k": "", "n": [1, "b"]})},
            [at("/body/fields/k", "A"), at("/body/fields/n/1", "B", 1)],
            {"body": {"k": "$A", "n": [1, "b$B"]}},
        ),
        (
            {"body": MultipartBody(parts=(Part(name="p", content=TextBody(text="")),))},
            [at("/body/parts/0/content/text", "A")],
            {"body": [{"name": "p", "text": "$A"}]},
        ),
        ({"body": BinaryBody(base64="QQ==")}, [], {"body": {"base64": "QQ=="}}),
        (
            {"authentication": BasicAuthentication(username="", password="")},
            [at("/authentication/username", "U", 0, "username"), at("/authentication/password", "U", 0, "p")],
            {"authentication": {"username": "$U.username", "password": "$U.p"}},
        ),
        (
            {"authentication": BearerAuthentication(token="")},
            [at("/authentication/token", "T")],
            {"authentication": {"token": "$T"}},
        ),
    ],
)
def test_secrets_stand_at_their_places(fields: Any, secrets: Any, shown: dict[str, Any]) -> None:
    request = HttpRequest(**{"method": "POST", "url": "", **fields, "secrets": tuple(secrets)})
    assert shown_request(request) == {"method": "POST", "url": "", **shown}


def test_credentials_that_are_written_out_are_hidden() -> None:
    request = HttpRequest(
        method="GET",
        url="/",
        headers={"Authorization": "Bearer s3cret", "X-Api-Key": "s3cret", "X-Token": "t ", "Accept": "*/*"},
        authentication=BasicAuthentication(username="ann", password="s3cret"),
        secrets=(at("/headers/X-Token", "T", 2),),
    )
    shown = shown_request(request)
    assert shown["headers"] == {
        "Authorization": "Bearer [redacted]",
        "X-Api-Key": "[redacted]",
        "X-Token": "t $T",
        "Accept": "*/*",
    }
    assert shown["authentication"] == {"username": "ann", "password": "[redacted]"}
    token = HttpRequest(method="GET", url="/", authentication=BearerAuthentication(token="s3cret"))
    assert shown_request(token)["authentication"] == {"token": "[redacted]"}
    policy = OAuth2Policy.model_validate(
        {
            "authority": "https://login.example.com",
            "client": {"id": "me", "secret": "s3cret"},
            "password": "s3cret",
        }
    )
    oauth2 = HttpRequest(
        method="GET", url="/", authentication=TokenAuthentication(kind="oauth2", settings=policy)
    )
    settings = shown_request(oauth2)["authentication"]["settings"]
    assert (settings["client"], settings["password"]) == ({"id": "me", "secret": "[redacted]"}, "[redacted]")


@pytest.mark.parametrize("pointer", ["/url", "nowhere", "/method/x"])
def test_request_that_was_refused_is_shown_too(pointer: str) -> None:
    request = HttpRequest(method="GET", url="/", secrets=(at(pointer, "A", 9),))
    assert shown_request(request) == {"method": "GET", "url": "/"}
