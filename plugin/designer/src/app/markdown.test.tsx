import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { led, Markdown } from "./Markdown";

const drawn = (text: string) =>
  renderToStaticMarkup(
    createElement(Markdown, { text, link: (href, words) => createElement("a", { href }, words) }),
  );

test("a document is drawn with its headings, lists, code, tables and links", () => {
  expect(drawn("# Orders\n\nRun *it* with `a & b`:\n\n```sh\nhttptask run a.yaml\n```")).toBe(
    '<h3>Orders</h3><p>Run <em>it</em> with <code>a &amp; b</code>:</p><pre class="code">httptask run a.yaml</pre>',
  );
  expect(drawn("3. one\n4. **two**\n")).toBe('<ol start="3"><li>one</li><li><strong>two</strong></li></ol>');
  expect(drawn("- [x] done\n- open\n")).toContain("☑");
  expect(drawn("| a | b |\n|---|---|\n| 1 | [c](d.yaml) |\n")).toBe(
    '<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1</td><td><a href="d.yaml">c</a></td></tr></tbody></table>',
  );
});

test("no tag of a document becomes one of the page", () => {
  const texts = [
    "<img src=x onerror=alert(1)>",
    "a <b onclick=x>b</b>",
    "![p](javascript:x)",
    "<script>x</script>",
  ];
  for (const text of texts) expect(drawn(text)).not.toMatch(/<(img|b|script)/);
  expect(drawn("a <b>c</b>")).toBe("<p>a &lt;b&gt;c&lt;/b&gt;</p>");
  expect(drawn("<!-- nobody reads this -->")).toBe("");
});

test("a link leads to a definition of the folder, to the web, or nowhere", () => {
  const known = ["a.yaml", "sub/b c.yaml"];
  expect(led("a.yaml", "README.md", known)).toEqual({ definition: "a.yaml" });
  expect(led("../a.yaml#do", "sub/README.md", known)).toEqual({ definition: "a.yaml" });
  expect(led("./b%20c.yaml", "sub/README.md", known)).toEqual({ definition: "sub/b c.yaml" });
  expect(led("sub/", "README.md", known)).toEqual({ definition: "sub/b c.yaml" });
  expect(led("sub", "README.md", [...known, "sub/d.yaml"])).toBeNull();
  expect(led("https://a.example/b", "README.md", known)).toEqual({ address: "https://a.example/b" });
  for (const href of [
    "other.yaml",
    "javascript:alert(1)",
    "/a.yaml",
    "#a",
    "data:text/html,x",
    "//a.example",
  ])
    expect(led(href, "README.md", known)).toBeNull();
});
