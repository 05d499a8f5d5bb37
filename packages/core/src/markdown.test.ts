import * as fc from "fast-check";
import MarkdownIt from "markdown-it";
import { expect, test } from "vitest";
import { code, escapeMarkdown } from "./markdown.ts";
import { markdownTable } from "./markdown-table.ts";
import { displayWidth, printable } from "./printable.ts";

/** CommonMark with tables, links and HTML: what GitHub would make of it, and more. */
const parser = new MarkdownIt({ html: true, linkify: true });

const hostile = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: fc.constantFrom(..."`|\\*_[]()<>!#&@~ a1\n-+.".split("")), maxLength: 40 }),
  fc.constantFrom(
    "<script>alert(1)</script>",
    "@octocat",
    "[x](javascript:0)",
    "![](//x.y/z)",
    "#1",
  ),
);

/** The cells of a rendered table as text, and whether anything but a table was rendered. */
function rendered(markdown: string): { readonly cells: string[]; readonly tags: Set<string> } {
  const cells: string[] = [];
  const tags = new Set<string>();
  for (const token of parser.parse(markdown, {})) {
    if (token.type !== "inline") {
      tags.add(token.type.replace(/_(open|close)$/, ""));
      continue;
    }
    for (const child of token.children ?? []) tags.add(child.type.replace(/_(open|close)$/, ""));
    cells.push((token.children ?? []).map(({ content }) => content).join(""));
  }
  return { cells, tags };
}

test("names and texts of any characters stay what they are in a table", () => {
  fc.assert(
    fc.property(hostile, hostile, (name, words) => {
      const table = { title: "t", columns: ["one", "two"], rows: [[{ name }, words]] };
      const { cells, tags } = rendered(markdownTable(table).join("\n"));
      const shown = printable(name, { maxWidth: 200, cut: "middle" });
      expect(cells.slice(-2)).toEqual([shown.trim() === "" ? "" : shown, printable(words).trim()]);
      for (const tag of tags) {
        expect([
          "paragraph",
          "strong",
          "table",
          "thead",
          "tbody",
          "tr",
          "th",
          "td",
          "text",
          "text_special",
          "code_inline",
        ]).toContain(tag);
      }
    }),
  );
});

test("a name is cut to a width, and a mention of somebody is none", () => {
  expect(displayWidth(code("x".repeat(9999)))).toBeLessThan(210);
  expect(code("@octocat")).toBe("`@octocat`");
  expect(escapeMarkdown("@octocat #1 a_b *c*")).toBe("\\@octocat \\#1 a\\_b \\*c\\*");
});

test("a table without rows is nothing", () => {
  expect(markdownTable({ title: "t", columns: ["one"], rows: [] })).toEqual([]);
});
