import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { elfShortcoming } from "./live-program.ts";

/** The head of a 64-bit x86 program with program headers of these types. */
function elf(types: readonly number[], machine = 62): Buffer {
  const bytes = Buffer.alloc(64 + types.length * 56);
  bytes.write("\x7fELF\x02\x01", "latin1");
  bytes.writeUInt16LE(machine, 18);
  bytes.writeBigUInt64LE(64n, 32);
  bytes.writeUInt16LE(types.length, 56);
  for (const [index, type] of types.entries()) bytes.writeUInt32LE(type, 64 + index * 56);
  return bytes;
}

describe("elfShortcoming", () => {
  it("asks for the header that names the loader", () => {
    expect(elfShortcoming(elf([6, 3, 1]))).toBeNull();
    expect(elfShortcoming(elf([1, 1, 2]))).toContain("statically");
  });

  it("knows programs of other machines", () => {
    expect(elfShortcoming(elf([3], 183))).toContain("another machine");
  });

  it("takes any bytes without failing", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (tail) => {
        const bytes = Buffer.concat([elf([1]).subarray(0, 20), Buffer.from(tail)]);
        expect(() => elfShortcoming(bytes)).not.toThrow();
      }),
    );
  });
});
