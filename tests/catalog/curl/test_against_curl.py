"""Commands run by the real curl, and sent as the tasks that they become: the same arrives."""

from pathlib import Path
from typing import Any

from httptask.testing import Reply, ScriptedServer
from support.curl import run_by_bash, send_imported, taken

ENVIRONMENT = {"TOKEN": "t0ken/+=&% x", "USER_NAME": "ann", "PASSWORD": 'pa:ss"w$rd', "ID": "a-1"}
FILES = {
    "body.json": b'{"a": 1,\r\n "b": "\xc3\xbc"}\n',
    "bytes.bin": bytes(range(256)),
    "note.txt": b"line 1\nline 2\n",
    "page.html": b"<p>",
    "headers.txt": b"X-One: 1\nX-Two: 2\n",
}

COMMANDS = {
    "get": "curl URL",
    "two slashes, a port and no path": "curl URL?q=1",
    "fragment": "curl 'URL/a?b#c'",
    "dots": "curl URL/a/../b/./c/..",
    "non-ASCII path": "curl 'URL/ü/%c3%bc'",
    "method": "curl -X DELETE URL/a -i -s",
    "attached letters": "curl -sSLXPUT URL/a -dx=1",
    "head": "curl -I URL/a",
    "data": "curl URL -d a=1 -d 'b=x y' --data-raw '@c=%41'",
    "empty data first": "curl URL -d '' -d a=1",
    "empty post": "curl URL -d ''",
    "post without data": "curl -X POST URL",
    "get with data": "curl -X GET URL -d x=1",
    "data as query": "curl -G 'URL/?z=0&' -d a=1 --data-urlencode 'q=ä b&c'",
    "url-query": "curl --url-query 'q=a b' --url-query '+raw=%41' --url-query 'n@note.txt' 'URL?a'",
    "url-encoded": "curl URL --data-urlencode 'a b' --data-urlencode '=c d' --data-urlencode 'n=é&' --data-urlencode @note.txt",
    "file without breaks": "curl URL -d @body.json",
    "file as it is": "curl URL --data-binary @body.json -H 'content-type: application/json'",
    "bytes": "curl URL --data-binary @bytes.bin -H 'Content-Type: application/octet-stream'",
    "json": """curl URL --json '{"a":[1,2.50,null],' --json '"b":"\\u00fc ${ .x } $$"}'""",
    "compact json": """curl URL -H 'Content-Type: application/json' -d '{"a":[1,true,null,"x"],"ü":{}}'""",
    "json with its own accept": "curl URL --json '[1]' -H 'Accept: text/csv'",
    "json as a form": """curl URL -d '{"a": 1}'""",
    "form": "curl URL -F a=1 -F 'b= two ;type=text/x' -F 'c=<note.txt' -F 'd=@note.txt' -F 'e=\"q;\\\"\"' -F 'f=1;b=2'",
    "form of files": "curl URL -F 'f=@bytes.bin' -F 'g=@page.html;filename=\"a b.html\"' -F 'h=@body.json;type=application/json; charset=utf-8'",
    "names that a content has not": "curl URL -F 'f=<page.html;filename=n.xml' -F 'g=x;filename=\"q.pdf\"; type=a/b'",
    "a query before a fragment": "curl -G 'URL/#f' -d a=1; curl 'URL/?b#f' --url-query ''",
    "json as a query": "curl -G URL --json a",
    "no credential": "curl -u a:b URL -H 'Authorization: '; curl -u a:b URL -H 'Authorization;x' -H 'X; '",
    "a header that another one hides": "curl URL -e http://a/ -H 'Referer;1' -H Cookie -b a=1",
    "form string": "curl -X PUT URL --form-string 'a=@x;type=q' -H 'Content-Type: multipart/form-data'",
    "upload": "curl -T note.txt URL/dir/ -H 'Content-Type: text/x'",
    "upload to a name": "curl -T note.txt URL/dir/name -H 'Content-Type: text/plain'",
    "user": "curl -u 'ann:pa:ss' URL",
    "user in the URL": "curl http://ann:p%40ss@HOST/",
    "key as a user": "curl -u sk_test_1234567890: URL",
    "bearer": "curl --oauth2-bearer abcdef123456 URL",
    "authorization": "curl URL -u a:b -H 'authorization: token abc def'",
    "cookies": "curl URL -b 'a=1; b=2' -b c=3",
    "cookie header wins": "curl URL -b a=1 -H 'Cookie: z=9'",
    "headers": "curl URL -H 'X-A: 1' -H 'X-B;' -H 'X-C:' -H 'X-D' -H 'X-E:  two  words' -A agent/1 -e 'http://a/;auto'",
    "headers of a file": "curl URL -H @headers.txt",
    "browser headers": "curl 'URL/a' --compressed -H 'accept-language: de' -H 'sec-ch-ua: \"A\";v=\"1\"' -H 'cookie: s=1'",
    "range": "curl -r 5 URL; curl -I -r 0-5 URL",
    "globs": "curl 'URL/{a,b}/[01-03:2]?x={1}'",
    "escaped globs": "curl 'URL/?f\\[name\\]=x&g=\\[1\\]'",
    "globoff": "curl -g 'URL/?filter[name]=x&expand[0]=y'",
    "several commands": "curl URL/1 && curl URL/2 # why\ncurl \\\n  URL/3 | cat '-' > out.txt; curl URL/4 >/dev/null 2>&1",
    "next": "curl URL/1 -d a=1 --next URL/2 -H 'X: 1'",
    "two urls": "curl --url URL/1 URL/2 -d a=1",
    "quotes": """curl $'URL/\\u00e4\\x41' -d "it's \\"a\\" \\\\ \\$b \\`c\\`" -H 'X: "q"'"'"'s'""",
    "here-document": 'curl URL --json @- <<END | cat\n{"a": "$ID \\$x \\" \\\\ \\`"}\nEND\ncurl URL/2',
    "quoted here-document": "curl URL -d @- -H 'X: 1' <<-'E N D' >/dev/null\n\t{$x\n\t\t`a`}\nE N D\ncurl URL/2",
    "here-string": 'curl URL --data-binary @- <<< "a $ID"',
    "an upload of standard input": "curl -T - URL/dir/ -H 'Content-Type: text/x' <<< text",
    "a file as standard input": "curl URL --data-binary @- < note.txt",
    "words that go on": "curl \\\n URL/'a'\"b\"c\\=x%20 -d 'a\\\nb'",
    "variables": 'curl "URL/items/$ID" -H "Authorization: Bearer $ID" -u "$USER_NAME:$PASSWORD" -d "a=${TOKEN}&b=$ID"',
    "an address in a variable": 'curl "$BASE/items/$ID?a=1#x" -d a=1; curl $BASE',
    "variables that are encoded": 'curl URL --data-urlencode "a=$TOKEN" --data-urlencode "b=$ID"',
    "variable in json": """curl URL --json "{\\"id\\": \\"$ID\\"}" """,
    "password in json": """curl URL --json '{"user":"ann","password":"pa\\"ss","api_key":"x1"}'""",
    "password in spaced json": """curl URL --json '{"user": "ann", "password": "geheim 1"}'""",
    "secrets in a form": "curl URL -d 'client_id=a&client_secret=s%2F%2B%3D+x&grant_type=client_credentials'",
    "secrets in a raw form": "curl URL -d 'a=/&password=x/y%41'",
    "secrets in a query": "curl 'URL/?access_token=abc%2Fdef&page=2'",
    "secrets in a raw query": "curl 'URL/?a=b/c&access_token=abc-def'",
    "settings": "curl -m 5 --max-filesize 1M --retry 2 -k -f --connect-timeout 3 URL",
    "templates": "curl 'URL/a%7Bb%7D' -d 'x=${ .y } $${z} \"\\t\" %{http_code}' -H 'X-T: ${ $secrets.A } {b}'",
    "several lines of text": "curl URL --data-binary $'a\\n  b\\n\\n# c\\n- d: e\\r\\n' -H 'Content-Type: text/plain'",
}  # fmt: skip


async def test_tasks_send_what_curl_sends(tmp_path: Path, make_edge: Any) -> None:
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    different: dict[str, Any] = {}
    async with ScriptedServer([Reply.of()]) as server:
        environment = {**ENVIRONMENT, "BASE": server.url}
        for name, text in COMMANDS.items():
            command = text.replace("URL", server.url).replace("HOST", f"127.0.0.1:{server.port}")
            code, errors = await run_by_bash(command, tmp_path, environment)
            by_curl = taken(server)
            await send_imported(command, tmp_path, environment, make_edge)
            imported = taken(server)
            if (code, errors) != (0, "") or by_curl != imported or not by_curl:
                different[name] = {"curl": (code, errors, by_curl), "imported": imported}
    assert different == {}
