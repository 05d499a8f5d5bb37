import { linkSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { perfMapSymbols, symbolOf } from "./perf-map.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** No process has this id: Linux gives none above 2^22. */
const pid = 2 ** 22 + 1;

function folderWith(content: string | null): string {
  const folder = mkdtempSync(join(tmpdir(), "crossbill-map-"));
  folders.push(folder);
  if (content !== null) writeFileSync(join(folder, `perf-${pid}.map`), content, "latin1");
  return folder;
}

async function read(folder: string, addresses: readonly number[], notBeforeMs: number | null = 0) {
  const request = { pid, addresses, notBeforeMs, folder };
  const symbols = await perfMapSymbols(request, AbortSignal.timeout(20_000));
  return addresses.map((address) => symbols.get(address)?.function ?? null);
}

test("the last name that an address got counts; ends are not inside", async () => {
  const folder = folderWith(
    "1000 10 first\n1000 8 second\n0x2000 0x10 third\nrubbish\n3000 zz x\n",
  );
  expect(await read(folder, [0xfff, 0x1000, 0x1007, 0x1008, 0x100f, 0x1010, 0x200f])).toEqual([
    null,
    "second",
    "second",
    "first",
    "first",
    null,
    "third",
  ]);
});

test("a map is looked through as one would by hand", async () => {
  const entry = fc.record({
    start: fc.nat(200),
    size: fc.nat(50),
    name: fc.constantFrom("a", "b"),
  });
  const sample = fc.sample(fc.array(entry), 20);
  for (const entries of sample) {
    const folder = folderWith(
      entries
        .map(({ start, size, name }) => `${start.toString(16)} ${size.toString(16)} ${name}\n`)
        .join(""),
    );
    const addresses = Array.from({ length: 260 }, (_, address) => address);
    const expected = addresses.map(
      (at) => entries.findLast(({ start, size }) => at >= start && at < start + size)?.name ?? null,
    );
    expect(await read(folder, addresses)).toEqual(expected);
  }
});

test("only a plain file of the user's own that is fresh and not huge is believed", async () => {
  const content = "1000 10 planted\n";
  const elsewhere = folderWith(content);
  const target = join(elsewhere, `perf-${pid}.map`);
  const linked = folderWith(null);
  symlinkSync(target, join(linked, `perf-${pid}.map`));
  expect(await read(linked, [0x1000])).toEqual([null]);
  expect(await read(elsewhere, [0x1000], Date.now() + 60_000)).toEqual([null]);
  expect(await read(elsewhere, [0x1000])).toEqual(["planted"]);
  linkSync(target, join(elsewhere, "second name"));
  expect(await read(elsewhere, [0x1000])).toEqual([null]);
  const huge = folderWith(content);
  truncateSync(join(huge, `perf-${pid}.map`), 2 ** 30);
  expect(await read(huge, [0x1000])).toEqual([null]);
});

test.each([
  ["JS:*readLoop /srv/t.js:2:18", "readLoop", "/srv/t.js", 2],
  ["JS:~ file:///srv/t.mjs:1:1", "(anonymous)", "file:///srv/t.mjs", 1],
  ["JS:^get length node:buffer:90:3", "get length", "node:buffer", 90],
  ["LazyCompile:~load node:internal/x:5:1", "load", "node:internal/x", 5],
  ["py::reader:/srv/p.py", "reader", "/srv/p.py", null],
  ["py::<module>:<string>", "<module>", "<string>", null],
  ["Builtin:ArrayMap", "Builtin:ArrayMap", null, null],
  ["Lcom/example/Main;::read", "Lcom/example/Main;::read", null, null],
])("%s is read as its runtime meant it", (name, own, file, line) => {
  expect(symbolOf(name)).toEqual({ function: own, file, line, module: null });
});
