import { expect, test } from "vitest";
import { encodePlan } from "./plan-file.ts";

test("a plan has a head of 64 bytes, the path as it is, and 24 bytes a call", () => {
  const path = Uint8Array.from([0x2f, 0xff, 0x61]); // No UTF-8.
  const bytes = Buffer.from(
    encodePlan({
      source: { path, device: 2n ** 63n, inode: 2n ** 60n + 1n, bytes: 2 ** 40 },
      isCold: true,
      scratchBytes: 5,
      scratchMost: 7,
      accesses: [
        { operation: "pread", offset: 2 ** 45, asked: 4096, moved: 17 },
        { operation: "dataSync", offset: 0, asked: 0, moved: 0 },
      ],
    }),
  );
  expect(bytes.length).toBe(64 + 3 + 2 * 24);
  expect(bytes.subarray(0, 8).toString()).toBe("cbreplay");
  expect([bytes.readUInt32LE(8), bytes.readUInt32LE(12)]).toEqual([3, 1]);
  const words = [16, 24, 32, 40, 48, 56].map((at) => bytes.readBigUInt64LE(at));
  expect(words).toEqual([2n, 2n ** 63n, 2n ** 60n + 1n, 2n ** 40n, 5n, 7n]);
  expect([...bytes.subarray(64, 67)]).toEqual([...path]);
  expect(bytes.readBigUInt64LE(67)).toBe(2n ** 45n);
  expect([75, 79, 83].map((at) => bytes.readUInt32LE(at))).toEqual([4096, 17, 1]);
  expect(bytes.readUInt32LE(67 + 24 + 16)).toBe(6);
});
