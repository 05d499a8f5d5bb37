import * as fc from "fast-check";
import { expect, test } from "vitest";
import { LineCounter } from "./counted-output.ts";

test("lines are counted wherever the pieces end", () => {
  const lines = fc.array(fc.constantFrom("GET /", "POST /", "", "GET", "x".repeat(99)));
  fc.assert(
    fc.property(lines, fc.boolean(), fc.nat(12), (all, ends, size) => {
      const text = all.join("\n") + (ends && all.length > 0 ? "\n" : "");
      const counter = new LineCounter(/^GET/g);
      for (let at = 0; at < text.length; at += size + 1) counter.add(text.slice(at, at + size + 1));
      expect(counter.total()).toBe(all.filter((line) => line.startsWith("GET")).length);
    }),
  );
});

test("a line without an end takes no more than its share of memory, and counts once", () => {
  const counter = new LineCounter(/^a+$/);
  for (let piece = 0; piece < 100; piece += 1) counter.add("a".repeat(10_007));
  counter.add("b\naaa\n");
  expect(counter.total()).toBe(2);
});
