import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parseAddr2line } from "./source-lines.ts";

test("the innermost function at an address is named, not what it was inlined into", () => {
  const text =
    "0x00000000000010ef\nreader\n/srv/ann/rb.c:9\nmain\n/srv/ann/rb.c:19\n" +
    "0x0000000000001090\nmain\n/srv/ann/rb.c:14 (discriminator 2)\n";
  expect(parseAddr2line(text)).toEqual(
    new Map([
      [0x10ef, { function: "reader", file: "/srv/ann/rb.c", line: 9 }],
      [0x1090, { function: "main", file: "/srv/ann/rb.c", line: 14 }],
    ]),
  );
});

test("a wrapper that a header of the C library brought is not whose call it is", () => {
  const text =
    "0x10ef\nread\n/usr/include/x86_64-linux-gnu/bits/unistd.h:28\nreader\n/srv/ann/rb.c:9\n";
  expect(parseAddr2line(text).get(0x10ef)?.function).toBe("reader");
});

test("what the tool does not know is missing, and a file without a line is no place", () => {
  const text = "0x10\n??\n??:0\n0x20\nf\n??:?\n0x30\ng\nprofile-generator.cc:?\n";
  expect(parseAddr2line(text)).toEqual(
    new Map([
      [0x20, { function: "f", file: null, line: null }],
      [0x30, { function: "g", file: null, line: null }],
    ]),
  );
});

test("long names are cut, and nothing that is printed breaks the reading", () => {
  const long = parseAddr2line(`0x10\n${"f".repeat(5000)}\n??:0\n`).get(0x10);
  expect(long?.function).toHaveLength(512);
  const piece = fc.oneof(fc.constantFrom("0x10", "??", "a.c:1", ":", ""), fc.string());
  fc.assert(
    fc.property(fc.array(piece), (lines) => {
      for (const line of parseAddr2line(lines.join("\n")).values()) {
        expect(line.function ?? line.file).not.toBeNull();
      }
    }),
  );
});
