/** Byte text: nothing a program can be called may be lost. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { decodeByteString, decodeBytes, encodeBytes } from "./byte-text.ts";
import { RecorderError } from "./errors.ts";

const escaped = (...bytes: number[]) => String.fromCharCode(...bytes.map((byte) => 0xdc00 + byte));

test("any byte sequence comes back exactly", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(encodeBytes(decodeBytes(bytes))).toEqual(bytes);
    }),
  );
});

test("bytes near the edges of UTF-8 come back exactly, also through JSON", () => {
  const edge = fc.constantFrom(
    0x00,
    0x7f,
    0x80,
    0x8f,
    0x9f,
    0xa0,
    0xbf,
    0xc2,
    0xe0,
    0xed,
    0xf0,
    0xf4,
  );
  fc.assert(
    fc.property(fc.array(edge, { maxLength: 12 }), (list) => {
      const text: unknown = JSON.parse(JSON.stringify(decodeBytes(Uint8Array.from(list))));
      expect([...encodeBytes(String(text))]).toEqual(list);
    }),
  );
});

test("valid UTF-8 decodes as TextDecoder does", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 100 }), (text) => {
      const bytes = new TextEncoder().encode(text);
      expect(decodeBytes(bytes)).toBe(text);
      expect(encodeBytes(text)).toEqual(bytes);
    }),
  );
});

test("what TextDecoder refuses is escaped byte by byte", () => {
  expect(decodeBytes(Uint8Array.of(0x61, 0xff, 0x62))).toBe(`a${escaped(0xff)}b`);
  expect(decodeBytes(Uint8Array.of(0xed, 0xb2, 0x80))).toBe(escaped(0xed, 0xb2, 0x80));
  expect(decodeBytes(Uint8Array.of(0xc0, 0xaf))).toBe(escaped(0xc0, 0xaf));
  expect(decodeBytes(Uint8Array.of(0xf4, 0x90, 0x80, 0x80))).toBe(escaped(0xf4, 0x90, 0x80, 0x80));
  expect(decodeBytes(Uint8Array.of(0xe2, 0x82))).toBe(escaped(0xe2, 0x82));
});

test("surrogates that are no escape become the replacement character", () => {
  expect(encodeBytes("\ud800")).toEqual(Uint8Array.of(0xef, 0xbf, 0xbd));
  expect(encodeBytes("\udc7f")).toEqual(Uint8Array.of(0xef, 0xbf, 0xbd));
});

test("a byte string decodes, and one that holds more than bytes is refused", () => {
  expect(decodeByteString("/tmp/plain")).toBe("/tmp/plain");
  expect(decodeByteString("\u00e2\u0082\u00ac")).toBe("€");
  expect(decodeByteString("\u00ff")).toBe(escaped(0xff));
  expect(() => decodeByteString("\u0100")).toThrow(RecorderError);
});
