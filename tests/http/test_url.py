import pytest

from httptask.http.errors import RequestInvalid
from httptask.http.url import Url, encode_component, encode_text, encode_within

URLS = {
    "no path": ("https://api.example.com", "https://api.example.com", "/"),
    "upper case": ("HTTPS://API.Example.com:443/v1", "https://api.example.com", "/v1"),
    "query without path": ("http://example.com:80?x=1", "http://example.com", "/?x=1"),
    "dots": ("http://127.0.0.1:8080/a/..b/c.", "http://127.0.0.1:8080", "/a/..b/c."),
    "IPv6": ("http://[::1]:11434/v1", "http://[::1]:11434", "/v1"),
    "fragment": ("http://h/%7E%41~A?q=%3A:#fragment", "http://h", "/%7E%41~A?q=%3A:"),
    "underscore": ("http://my_host.internal/", "http://my_host.internal", "/"),
    "at sign": ("http://h/p@q//r", "http://h", "/p@q//r"),
    "empty query": ("http://h/a?", "http://h", "/a"),
    "digits in a name": ("http://1.2.3.4.example/", "http://1.2.3.4.example", "/"),
    "URL in a query": ("http://h/?u=http://evil/", "http://h", "/?u=http://evil/"),
}


@pytest.mark.parametrize(("text", "origin", "target"), URLS.values(), ids=URLS)
def test_urls(text: str, origin: str, target: str) -> None:
    url = Url.parse(text)
    assert (url.origin, url.target, str(url)) == (origin, target, origin + target)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/relative",
        "//evil.example/",
        "ftp://h/",
        "file:///etc/passwd",
        "http+unix://socket/",
        "http:/h",
        "http://",
        "http://:80/",
        "http://h:0/",
        "http://h:65536/",
        "http://h:x/",
        "http://h:/",
        "http://user@h/",
        "http://user:password@h/",
        "http://good@evil/",
        "http://good\\@evil/",
        "http://good%40evil/",
        "http://h /",
        "http://h/\r\nX: y",
        "http://h/\x00",
        "http://h/a b",
        "http://b\u00fccher.example/",
        "http://a\u3002b/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7F.1/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://127.0.0.1./",
        "http://256.0.0.1/",
        "http://1.2.3.4.5/",
        "http://h.0x1/",
        "http://[::1",
        "http://[127.0.0.1]",
        "http://[::1::]",
        "http://[fe80::1%25lo]/",
        "http://h/a/../b",
        "http://h/a/.",
        "http://h/a/%2e%2E/b",
        "http://h/.%2e",
        "http://h/..;x=1/b",
        "http://h/" + "a" * 20_000,
    ],
)
def test_what_is_refused(text: str) -> None:
    with pytest.raises(RequestInvalid) as caught:
        Url.parse(text)
    assert "password" not in caught.value.message


@pytest.mark.parametrize(
    "place", ["http://{}h/", "http://h{}/", "http://h/{}", "http://h/?{}", "http://h:8{}0/"]
)
def test_characters_that_a_url_may_not_have(place: str) -> None:
    for code in (*range(33), 0x5C, 127, 0x80, 0xFF):
        with pytest.raises(RequestInvalid):
            Url.parse(place.format(chr(code)))


def test_encoding_for_the_place() -> None:
    assert encode_text("https://h/a b?q=%20&é#x") == "https://h/a%20b?q=%20&%C3%A9#x"
    assert encode_component("a&b=c/é ?") == "a%26b%3Dc%2F%C3%A9%20%3F"
    assert encode_within("https://h/bot", "12:ab/../?#") == "12:ab%2F..%2F%3F%23"
    assert encode_within("https://h/?k=", "a&b=c:d") == "a%26b%3Dc%3Ad"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("https://bücher.example/x", "xn--bcher-kva.example"),
        (encode_text("https://bücher.example:8443/x"), "xn--bcher-kva.example"),
        ("https://faß.example/", "xn--fa-hia.example"),
        ("https://-ü-.example/", "such as xn--bcher-kva.example"),
    ],
)
def test_a_host_outside_ascii_is_told_in_punycode(text: str, written: str) -> None:
    with pytest.raises(RequestInvalid) as caught:
        Url.parse(text)
    assert str(caught.value) == f"the URL's host is not in ASCII: write it in punycode, {written}"


@pytest.mark.parametrize("user", ["ann:pässword", "pässword"])
def test_a_password_outside_ascii_is_not_shown(user: str) -> None:
    with pytest.raises(RequestInvalid, match="user information") as caught:
        Url.parse(encode_text(f"https://{user}@a.example/"))
    assert "ssword" not in str(caught.value)
