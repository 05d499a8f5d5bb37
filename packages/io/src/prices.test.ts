/** Files of prices, of this machine and of others, in folders of every kind. */
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { isLike, machineFacts } from "./machine.ts";
import { pricesIn } from "./prices.ts";

const root = fs.mkdtempSync(join(tmpdir(), "crossbill-io-prices-"));
afterAll(() => fs.rmSync(root, { recursive: true }));

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(join(root, "folder-"));
});

const here = machineFacts();

/** A file whose read costs `read`; of `ageS` seconds. */
function store(name: string, read: number, machine: unknown = here, ageS = 0): string {
  const path = join(folder, `prices-${name}.json`);
  const ns = { low: read, likely: read, high: read };
  fs.writeFileSync(path, JSON.stringify({ machine, oneByteReadNs: ns }), { mode: 0o600 });
  const time = 1_700_000_000 - ageS;
  fs.utimesSync(path, time, time);
  return path;
}

describe("the prices", () => {
  it("are this machine's newest, however new those of others are", () => {
    store("a", 301, here, 90);
    store("b", 302, here, 30);
    store("c", 303, { ...here, cpu: "another" });
    store("d", 304, { ...here, kernel: "7.0.0" });
    store("e", 305, { ...here, architecture: "another" });
    store("f", 306, { ...here, mitigations: { ...here.mitigations, another: "Vulnerable" } });
    store("g", 307, null);
    store("h", 308, { ...here, mitigations: null });
    expect(pricesIn(folder)).toMatchObject({ read: 302, source: "measured" });
  });

  it("are the defaults where all are of others, or there are none", () => {
    expect(pricesIn(join(folder, "missing")).source).toBe("default");
    expect(pricesIn(folder).source).toBe("default");
    store("a", 301, { ...here, kernel: "7.0.0" });
    expect(pricesIn(folder)).toEqual(pricesIn(join(folder, "missing")));
  });

  it("are looked for past files that are broken, too large, links, or not the user's alone", () => {
    store("a", 301, here, 90);
    fs.chmodSync(store("b", 302), 0o666);
    fs.writeFileSync(join(folder, "prices-c.json"), "{", { mode: 0o600 });
    fs.writeFileSync(join(folder, "prices-d.json"), "null", { mode: 0o600 });
    fs.truncateSync(store("e", 305), 2 << 20);
    fs.symlinkSync(store("f", 306).replace("prices-f", "gone"), join(folder, "prices-g.json"));
    fs.renameSync(join(folder, "prices-f.json"), join(folder, "gone.json"));
    fs.mkdirSync(join(folder, "prices-h.json"));
    expect(pricesIn(folder).read).toBe(301);
  });
});

it("a machine is like itself, as crossbill notes it in JSON", () => {
  expect(here.cpu).not.toBeNull();
  expect(isLike(JSON.parse(JSON.stringify(here)), machineFacts())).toBe(true);
});
