import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { REPORT_BYTES, readReport } from "./live-report.ts";

function file(records: readonly (readonly [string, bigint, bigint])[]): Buffer {
  const bytes = Buffer.alloc(REPORT_BYTES);
  for (const [index, [name, seen, absorbed]] of records.entries()) {
    bytes.write(name, index * 48, "latin1");
    bytes.writeBigInt64LE(seen, index * 48 + 32);
    bytes.writeBigInt64LE(absorbed, index * 48 + 40);
  }
  return bytes;
}

describe("readReport", () => {
  it("adds up calls, and keeps facts apart", () => {
    const report = readReport(
      file([
        ["read", 17n, 11n],
        ["write", 5n, 3n],
        ["processes", 2n, 0n],
        ["crossed", 7n, 0n],
        ["held_bytes", 13n, 0n],
      ]),
    );
    expect(report).toEqual({
      intercepted: 22,
      spared: 14,
      added: 7,
      processes: 2,
      lostBytes: 13,
      lateErrors: 0,
      lostSyncs: 0,
    });
  });

  it("gives whole numbers that are not negative for any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
        for (const value of Object.values(readReport(Buffer.from(bytes)))) {
          expect(Number.isSafeInteger(value) && value >= 0).toBe(true);
        }
      }),
    );
  });
});
