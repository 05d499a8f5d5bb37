import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Machine, PermissionError, PRICES_SCHEMA, type Prices } from "@crossbill/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
  loadPrices,
  machineDifferences,
  pricesFolder,
  pricesPath,
  savePrices,
} from "./prices-store.ts";

const machine: Machine = {
  architecture: "x86_64",
  cpu: "Some CPU",
  cpus: 2,
  memoryBytes: 2 ** 30,
  kernel: "6.1.0",
  distribution: "Some Linux",
  hypervisor: "kvm",
  clockSource: "tsc",
  governor: null,
  mitigations: { meltdown: "Not affected" },
  transparentHugePages: "madvise",
  key: "a1b2",
};
const interval = { low: 1, likely: 2, high: 3 };
const prices: Prices = {
  schema: PRICES_SCHEMA,
  measuredAt: "2024-01-01T00:00:00.000Z",
  machine,
  quick: true,
  nullSyscallNs: interval,
  oneByteReadNs: interval,
  copyNsPerByte: [{ tier: "DRAM", upToBytes: null, ns: interval }],
  anonymousFaultNs: interval,
  fileFaultNs: interval,
  contextSwitchNs: interval,
  recorders: { ebpfSampled: null, ebpfExact: null, ptrace: null },
};

let root: string;
let folder: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "crossbill-store-"));
  folder = join(root, "cache", "crossbill");
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

test("what was stored is found again, in a folder and a file for the owner's eyes only", () => {
  const path = savePrices(prices, folder);
  expect(loadPrices(machine, folder)).toEqual({ state: "found", prices, path });
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("storing again replaces the file and leaves nothing beside it", () => {
  savePrices(prices, folder);
  savePrices({ ...prices, quick: false }, folder);
  expect(loadPrices(machine, folder)).toMatchObject({ prices: { quick: false } });
  expect(readdirSync(folder)).toEqual(["prices-a1b2.json"]);
});

test("no folder and an empty folder are both just missing prices", () => {
  const path = pricesPath(machine.key, folder);
  expect(loadPrices(machine, folder)).toEqual({ state: "missing", path });
  mkdirSync(folder, { recursive: true });
  expect(loadPrices(machine, folder)).toEqual({ state: "missing", path });
});

test("prices of another kernel are a mismatch that names the kernels", () => {
  const path = savePrices(prices, folder);
  const newer = { ...machine, kernel: "6.2.0", key: "c3d4" };
  expect(loadPrices(newer, folder)).toEqual({
    state: "mismatch",
    differs: ["kernel: 6.1.0, now 6.2.0"],
    path,
  });
});

test("differences name mitigations, and the microcode when only the key tells", () => {
  const mended = { ...machine, mitigations: { meltdown: "Mitigation: PTI", mds: "x" } };
  expect(machineDifferences(machine, mended)).toEqual(["mitigations: mds, meltdown"]);
  expect(machineDifferences(machine, { ...machine, key: "other" })).toEqual(["microcode"]);
  expect(machineDifferences(machine, machine)).toEqual([]);
});

test("a corrupt file is unusable with a reason and a remedy, never an exception", () => {
  const path = savePrices(prices, folder);
  const whole = readFileSync(path, "utf8");
  for (const text of ["", "{", whole.slice(0, 200), whole.replace('"low": 1', '"low": -1')]) {
    writeFileSync(path, text);
    const lookup = loadPrices(machine, folder);
    expect(lookup.state).toBe("unusable");
    if (lookup.state !== "unusable") continue;
    expect(lookup.why).not.toBe("");
    expect(lookup.remedy).not.toBe("");
  }
});

test("a file of a newer version is unusable and says so", () => {
  const path = savePrices(prices, folder);
  const newer = readFileSync(path, "utf8").replace(PRICES_SCHEMA, "crossbill.prices/99");
  writeFileSync(path, newer);
  expect(loadPrices(machine, folder)).toMatchObject({
    state: "unusable",
    why: expect.stringMatching(/newer/),
  });
});

test("a file that others may write to is not read", () => {
  const path = savePrices(prices, folder);
  chmodSync(path, 0o666);
  expect(loadPrices(machine, folder)).toMatchObject({
    state: "unusable",
    why: "other users may write to it",
  });
});

test("a link, a folder or a huge file in its place is not read", () => {
  const path = savePrices(prices, folder);
  const elsewhere = join(root, "elsewhere.json");
  writeFileSync(elsewhere, readFileSync(path));
  rmSync(path);
  symlinkSync(elsewhere, path);
  expect(loadPrices(machine, folder)).toMatchObject({ why: "it is a symbolic link" });
  rmSync(path);
  mkdirSync(path);
  expect(loadPrices(machine, folder)).toMatchObject({ why: "it is not a regular file" });
  rmSync(path, { recursive: true });
  writeFileSync(path, " ".repeat(2 << 20));
  expect(loadPrices(machine, folder)).toMatchObject({ why: "it has 2097152 bytes" });
});

test("nothing is stored in a folder that others may write to, or that is a link", () => {
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o777);
  expect(() => savePrices(prices, folder)).toThrow(PermissionError);
  rmSync(folder, { recursive: true });
  mkdirSync(join(root, "real"));
  symlinkSync(join(root, "real"), folder);
  expect(() => savePrices(prices, folder)).toThrow(PermissionError);
  expect(readdirSync(join(root, "real"))).toEqual([]);
});

test("a file that belongs to somebody else is not read, and nothing is stored beside it", () => {
  const path = savePrices(prices, folder);
  const asked = vi.spyOn(process, "geteuid").mockReturnValue(4_000_000_000);
  try {
    const owner = process.getuid?.();
    expect(loadPrices(machine, folder)).toMatchObject({
      state: "unusable",
      why: `it belongs to user ${owner}, not to user 4000000000`,
    });
    expect(() => savePrices(prices, folder)).toThrow(PermissionError);
  } finally {
    asked.mockRestore();
  }
  expect(loadPrices(machine, folder)).toMatchObject({ state: "found", path });
});

test.runIf(process.getuid?.() === 0)("root does not read what it gave away either", () => {
  const path = savePrices(prices, folder);
  chownSync(path, 65_534, 65_534);
  expect(loadPrices(machine, folder)).toMatchObject({ state: "unusable" });
  chownSync(folder, 65_534, 65_534);
  expect(() => savePrices(prices, folder)).toThrow(PermissionError);
});

test("a key cannot lead out of the folder", () => {
  expect(pricesPath("../../etc/x", "/cache")).toBe("/cache/prices-etcx.json");
});

test("only an absolute XDG_CACHE_HOME counts", () => {
  expect(pricesFolder({ XDG_CACHE_HOME: "/elsewhere" })).toBe("/elsewhere/crossbill");
  expect(pricesFolder({ XDG_CACHE_HOME: "relative" })).toMatch(/\/\.cache\/crossbill$/);
  expect(pricesFolder({})).toMatch(/\/\.cache\/crossbill$/);
});
