import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { addressOf, parseReadelf, readElf } from "./elf-file.ts";

const folder = mkdtempSync(join(tmpdir(), "crossbill-elf-"));
afterAll(() => rmSync(folder, { recursive: true }));

const printed = `
Program Headers:
  Type           Offset   VirtAddr           PhysAddr           FileSiz  MemSiz   Flg Align
  LOAD           0x000000 0x0000000000000000 0x0000000000000000 0x0006f8 0x0006f8 R   0x1000
  LOAD           0x001000 0x0000000000401000 0x0000000000401000 0x000245 0x000245 R E 0x1000
  GNU_STACK      0x000000 0x0000000000000000 0x0000000000000000 0x000000 0x000000 RW  0x10

  GNU                  0x00000008\tNT_GNU_BUILD_ID (unique build ID bitstring)\t    Build ID: 9058996b8805cfcd
`;

test("offsets in the file become the addresses that its symbols have", () => {
  const elf = parseReadelf(printed);
  expect(elf.buildId).toBe("9058996b8805cfcd".padEnd(40, "0"));
  expect(addressOf(elf, 0x10f0)).toBe(0x4010f0);
  expect(elf.isStripped).toBe(true);
  const whole = "  [36] .symtab           SYMTAB          0000000000000000 003370 000960\n";
  expect(parseReadelf(printed + whole).isStripped).toBe(false);
  expect(addressOf(elf, 0x6f8)).toBeNull();
  expect(addressOf(elf, 0x1245)).toBeNull();
});

/** The headers of a file as readelf itself reads them; null when it is refused. */
async function read(bytes: Uint8Array) {
  const path = join(folder, "file");
  writeFileSync(path, bytes);
  const file = openSync(path, "r");
  try {
    return await readElf(file, AbortSignal.timeout(20_000));
  } finally {
    closeSync(file);
  }
}

test("a real program has a build id and code, and what is no program is refused", async () => {
  const elf = await read(readFileSync("/bin/true"));
  expect(elf?.buildId).toMatch(/^[0-9a-f]{40}$/);
  expect(elf?.segments.length).toBeGreaterThan(1);
  expect(await read(Buffer.from("#!/bin/sh\n"))).toBeNull();
});

test("headers that lie neither hang nor throw", async () => {
  const sound = readFileSync("/bin/true");
  // Each byte of the ELF header turned around, and the file cut off behind it.
  for (let at = 4; at < 64; at += 4) {
    const bytes = Buffer.from(sound);
    bytes.writeUInt32LE(~bytes.readUInt32LE(at) >>> 0, at);
    const elf = await read(bytes);
    expect(elf === null || elf.segments.length <= 256).toBe(true);
    await read(bytes.subarray(0, 64 + at));
  }
});

test("a signal that has come ends the reading with nothing", async () => {
  const file = openSync("/bin/true", "r");
  expect(await readElf(file, AbortSignal.abort())).toBeNull();
  closeSync(file);
});
