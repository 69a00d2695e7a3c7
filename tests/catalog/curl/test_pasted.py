"""Commands as browsers, API clients and pages write them."""

from pathlib import Path
from typing import Any

import pytest

from httptask.catalog.curl import import_curl
from httptask.catalog.errors import CatalogError

CHROME_CMD = r"""
curl ^"https://api.example.com/orders?q=^%^7Ba^%^7D^&page=2^" ^
  -H ^"accept: application/json^" ^
  -H ^"sec-ch-ua: ^\^"A^\^";v=^\^"1^\^"^" ^
  --data-raw ^"^{^\^"a^\^":^\^"b^\\c ^& d^\^"^}^" &
curl ^"https://api.example.com/second^" --data-raw ^"line 1^

line 2^"
"""
OLD_CMD = (
    'curl "https://api.example.com/orders" -H "X-Q: say \\"hi\\"" ^\r\n  --data "a=1^&b=2" --compressed\r\n'
)
CHROME_BASH = r"""
curl 'https://api.example.com/orders?filter\[name\]=x' \
  -H 'accept: application/json' \
  -H 'accept-language: de' \
  --data-raw $'{"a":"it\'s \u0021"}' \
  --compressed ;
curl 'https://api.example.com/second' -X 'OPTIONS'
"""
POSTMAN = r"""
curl --location --request POST 'https://api.example.com/orders?id=1' \
--header 'Content-Type: application/json' \
--data-raw '{
    "a": 1
}'
"""
INSOMNIA = "curl --request POST \\\r\n  --url https://api.example.com/orders \\\r\n  --header 'X-A: 1' \\\r\n  --data a=b\r\n"
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}

PASTED: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "the command prompt": (
        CHROME_CMD,
        [
            {
                "method": "post",
                "endpoint": "https://api.example.com/orders",
                "query": {"q": "{a}", "page": "2"},
                "headers": {"accept": "application/json", "sec-ch-ua": '"A";v="1"', **FORM},
                "body": '{"a":"b\\\\c & d"}',
            },
            {
                "method": "post",
                "endpoint": "https://api.example.com/second",
                "headers": FORM,
                "body": "line 1\nline 2",
            },
        ],
    ),
    "an older browser": (
        OLD_CMD,
        [
            {
                "method": "post",
                "endpoint": "https://api.example.com/orders",
                "headers": {"X-Q": 'say "hi"', **FORM},
                "body": "a=1^&b=2",
            }
        ],
    ),
    "a browser": (
        CHROME_BASH,
        [
            {
                "method": "post",
                "endpoint": "https://api.example.com/orders?filter[name]=x",
                "headers": {"accept": "application/json", "accept-language": "de", **FORM},
                "body": '{"a":"it\'s !"}',
            },
            {"method": "options", "endpoint": "https://api.example.com/second"},
        ],
    ),
    "Postman": (
        POSTMAN,
        [
            {
                "method": "post",
                "endpoint": "https://api.example.com/orders",
                "query": {"id": "1"},
                "headers": JSON,
                "body": '{\n    "a": 1\n}',
            }
        ],
    ),
    "a block of Markdown": (
        f"\n```bash\n{INSOMNIA}\n```\n",
        [
            {
                "method": "post",
                "endpoint": "https://api.example.com/orders",
                "headers": {"X-A": "1"},
                "form": {"a": "b"},
            }
        ],
    ),
    "code of Markdown": (
        "`curl https://api.example.com/orders`",
        [{"method": "get", "endpoint": "https://api.example.com/orders"}],
    ),
    "signs of a word processor within quotes": (
        "curl https://api.example.com/orders -H 'X-A: \u2013\u00a0x' -d '\u201ca\u201d' -H 'Content-Type: text/plain'",
        [
            {
                "method": "post",
                "endpoint": "https://api.example.com/orders",
                "headers": {"X-A": "\u2013\u00a0x", "Content-Type": "text/plain"},
                "body": "\u201ca\u201d",
            }
        ],
    ),
    "Insomnia": (
        INSOMNIA,
        [
            {
                "method": "post",
                "endpoint": "https://api.example.com/orders",
                "headers": {"X-A": "1"},
                "form": {"a": "b"},
            }
        ],
    ),
}


@pytest.mark.parametrize("name", PASTED)
def test_is_read_as_it_is_pasted(name: str) -> None:
    text, expected = PASTED[name]
    assert [task["with"] for task in import_curl(text, Path()).tasks.values()] == expected


def test_several_requests_become_tasks_of_their_own_names() -> None:
    made = import_curl("curl 'https://a.example/orders/[1-2]' && curl https://a.example/x -X DELETE", Path())
    assert list(made.tasks) == ["getOrders", "getOrders2", "deleteA"]
    made = import_curl("curl 'https://a.example/{b,c}'", Path(), name="find", taken=["find2"])
    assert list(made.tasks) == ["find", "find3"]


def test_settings_of_the_task() -> None:
    made = import_curl("curl https://a.example/ -m 2.5 --max-filesize 1k", Path())
    [task] = made.tasks.values()
    assert task["timeout"] == {"after": {"seconds": 2, "milliseconds": 500}}
    assert task["with"]["responseBytes"] == 1024


@pytest.mark.parametrize(
    ("command", "sent"),
    [
        ("""-d '{"a": [1, 2]}'""", {"body": {"a": [1, 2]}}),
        ("""--data-raw '{"a": 1}' -H 'X-A: b'""", {"body": {"a": 1}, "headers": {"X-A": "b"}}),
        ("""-d '{"a":1}' -H 'Content-Type: text/plain'""", None),
        (f"""-d '{{"a":1}}' -H 'Content-Type: {FORM["Content-Type"]}'""", None),
        ("""-d '{"a": NaN}'""", None),
        ("""-d '{"a":' -d '1}'""", None),
        ("-d a=1", None),
        ("""--json '{"a":1}'""", None),
    ],
)
def test_json_that_curl_calls_a_form_can_be_had_as_json(command: str, sent: dict[str, Any] | None) -> None:
    faithful = import_curl(f"curl https://a.example/x {command}", Path())
    asked = import_curl(f"curl https://a.example/x {command}", Path(), as_json=True)
    if sent is None:
        assert faithful == asked
        assert faithful.json_as_form == ()
    else:
        assert faithful.json_as_form == asked.json_as_form == ("postA",)
        assert faithful.tasks["postA"]["with"]["headers"].items() >= FORM.items()
        assert asked.tasks["postA"]["with"] == {"method": "post", "endpoint": "https://a.example/x", **sent}
        assert asked.notes == ()


def test_places_are_those_of_the_text_with_its_fence() -> None:
    with pytest.raises(CatalogError, match=r"line 3, column 6: a command substitution"):
        import_curl("```sh\ncurl https://api.example.com \\\n  -d `date`\n```", Path())


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        (
            'name="note"',
            {
                "multipart": [
                    {"name": "note", "text": "a"},
                    {"name": "password", "text": "${ $secrets.EXAMPLE_PASSWORD }"},
                ]
            },
        ),
        (
            "name=note",  # which is not how we write it, so that it stays as it is
            {
                "headers": {"content-type": "multipart/form-data; boundary=X"},
                "body": "--X\r\nContent-Disposition: form-data; name=note\r\n\r\na\r\n--X\r\nContent-Disposition: "
                'form-data; name="password"\r\n\r\n${ $secrets.EXAMPLE_PASSWORD }\r\n--X--\r\n',
            },
        ),
    ],
    ids=["as we write them", "otherwise"],
)
def test_parts_that_a_browser_wrote_out_are_read(name: str, sent: dict[str, Any]) -> None:
    head = r"--X\r\nContent-Disposition: form-data; "
    body = rf'{head}{name}\r\n\r\na\r\n{head}name="password"\r\n\r\ngeheim-1\r\n--X--\r\n'
    made = import_curl(
        "curl https://api.example.com/files -H 'content-type: multipart/form-data; boundary=X' "
        f"--data-raw $'{body}'",
        Path(),
    )
    [task] = made.tasks.values()
    expected = {"method": "post", "endpoint": "https://api.example.com/files", **sent}
    assert task["with"] == expected
    assert "geheim" not in f"{made!r}"
