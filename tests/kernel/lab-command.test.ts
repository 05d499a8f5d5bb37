/** lab, explain and compare as a user calls them: what they write, and what Ctrl-C leaves. */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseLabReport } from "@crossbill/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cli, crossbill, type Ended } from "./command-line.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "crossbill-lab-command-"));
  process.env["XDG_CACHE_HOME"] = join(folder, "cache");
});
afterAll(() => rmSync(folder, { recursive: true }));

const at = (name: string): string => join(folder, name);
const reportOf = (name: string) => parseLabReport(readFileSync(at(name), "utf8"));

/** Starts the command and sends it SIGINT when its output holds `text`. */
function interrupt(args: readonly string[], text: RegExp): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [cli, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    const [written, said] = [{ text: "" }, { text: "" }];
    const collect = (into: { text: string }) => (piece: string) => {
      into.text += piece;
      if (text.test(written.text)) child.kill("SIGINT");
    };
    child.stdout.setEncoding("latin1").on("data", collect(written));
    child.stderr.setEncoding("latin1").on("data", collect(said));
    child.once("error", reject);
    child.once("close", (status, signal) =>
      resolve({ status, signal, stdout: written.text, stderr: said.text }),
    );
  });
}

test("a quick run of the toll gives text, JSON and a page that agree", () => {
  const files = ["--json", at("a.json"), "--html", at("a.html")];
  const ended = crossbill(["lab", "toll", "--quick", "--seed", "23", ...files]);
  expect(ended).toMatchObject({ status: 0, stderr: "crossbill: lab, quick\n" });
  const report = reportOf("a.json");
  expect(report).toMatchObject({ quick: true, seed: 23, complete: true });
  expect(report.topics.map(({ name }) => name)).toEqual(["toll"]);
  const { claims } = report.topics[0]?.analysis ?? { claims: [] };
  expect(claims.length).toBeGreaterThan(0);
  const text = Buffer.from(ended.stdout, "latin1").toString().replace(/\s+/g, " ");
  const page = readFileSync(at("a.html"), "utf8");
  for (const { claim } of claims) {
    expect(text).toContain(claim);
    expect(page).toContain(claim);
  }
  expect(page.length).toBeLessThan(1e6);
});

test("--json - leaves standard output to the JSON, -o takes the text", () => {
  const ended = crossbill(["lab", "toll", "--quick", "--json", "-", "-o", at("b.txt")]);
  expect(ended.status).toBe(0);
  expect(parseLabReport(Buffer.from(ended.stdout, "latin1").toString()).complete).toBe(true);
  expect(readFileSync(at("b.txt"), "utf8")).toMatch(/^lab: .*toll: /s);
});

test("explain has this machine's figures from the last run, and measures what no run has", () => {
  const known = crossbill(["explain", "toll"]);
  expect(known).toMatchObject({ status: 0, stderr: "" });
  expect(known.stdout).toMatch(/measured\s+\d{4}-\d\d-\d\d\s+in\s+a\s+quick\s+run/);
  const unknown = crossbill(["explain", "toll"], "", { XDG_CACHE_HOME: at("other") });
  expect(unknown.status).toBe(0);
  expect(unknown.stderr).toContain("measuring toll quickly");
  // It was kept: the second time nothing is measured.
  expect(crossbill(["explain", "toll"], "", { XDG_CACHE_HOME: at("other") }).stderr).toBe("");
});

test("Ctrl-C keeps the topics that are done, and --resume measures only the others", async () => {
  const topics = ["toll", "chunks"];
  const order = ["lab", ...topics, "--quick", "--json", at("c.json"), "--html", at("c.html")];
  // The first topic is printed at once; the second takes long enough to be caught in it.
  const ended = await interrupt(order, /checks: |check failed: /);
  expect(ended.signal).toBe("SIGINT");
  expect(ended.stderr).toContain(
    "interrupted: 1 topic is done; go on with: crossbill lab toll chunks --quick --resume\n",
  );
  const half = reportOf("c.json");
  expect(half.complete).toBe(false);
  expect(half.topics.map(({ name }) => name)).toEqual(["toll"]);
  expect(readFileSync(at("c.html"), "utf8")).toContain("interrupted");

  const resumed = crossbill([...order, "--resume"]);
  expect(resumed.status).toBe(0);
  const whole = reportOf("c.json");
  expect(whole.complete).toBe(true);
  expect(whole.topics.map(({ name }) => name)).toEqual(topics);
  expect(whole.topics[0]).toEqual(half.topics[0]);
  // What was interrupted is finished and forgotten.
  expect(crossbill(["lab", "toll", "--quick", "--resume"]).stderr).toContain(
    "no quick run of this machine was interrupted",
  );
  expect(readdirSync(at("cache/crossbill")).filter((name) => /unfinished|new$/.test(name))).toEqual(
    [],
  );
});

test("Ctrl-C before the first topic is done leaves the files as they were", async () => {
  writeFileSync(at("kept.json"), "before\n");
  const child = spawn(process.execPath, [cli, "lab", "toll", "--json", at("kept.json")], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (piece: string) => {
    said += piece;
    if (said.includes("crossbill: lab")) child.kill("SIGINT");
  });
  const signal = await new Promise((resolve) =>
    child.once("close", (_code, name) => resolve(name)),
  );
  expect(signal).toBe("SIGINT");
  expect(said).toContain("interrupted before the first topic was done");
  expect(readFileSync(at("kept.json"), "utf8")).toBe("before\n");
  expect(readdirSync(folder).filter((name) => name.startsWith(".kept"))).toEqual([]);
});

test("compare puts two reports or two prices files side by side", () => {
  const text = crossbill(["compare", at("a.json"), at("c.json")]);
  expect(text).toMatchObject({ status: 0, stderr: "" });
  expect(text.stdout).toMatch(/^toll$/m);
  expect(text.stdout).toMatch(/^chunks\nonly in b$/m);
  const json = crossbill(["compare", "--json", at("a.json"), at("c.json")]);
  expect(JSON.parse(json.stdout)).toMatchObject({
    schema: "crossbill.comparison/1",
    kind: "lab report",
  });
  const prices = crossbill(["calibrate", "--quick", "--json"]).stdout;
  writeFileSync(at("prices.json"), prices);
  const same = crossbill(["compare", at("prices.json"), "-"], prices);
  expect(same.stdout).toContain("the same machine, kernel and settings");
  expect(same.stdout).toContain("0 differ");
  const mixed = crossbill(["compare", at("prices.json"), at("a.json")]);
  expect(mixed).toMatchObject({ status: 2, stdout: "" });
});

test("mistakes are one line with the nearest name, and status 2", () => {
  const wrong = crossbill(["lab", "chunk"]);
  expect(wrong).toMatchObject({ status: 2, stdout: "" });
  expect(wrong.stderr).toBe("crossbill: there is no topic 'chunk'; did you mean chunks?\n");
  expect(crossbill(["explain", "tol"]).stderr).toContain("did you mean toll?");
  for (const order of [
    ["explain"],
    ["compare", "one"],
    ["compare", "-", "-"],
    ["lab", "--seed", "x"],
    ["lab", "toll", "-o", "same", "--json", "same"],
    ["lab", "toll", "--html", "/nonexistent/page"],
  ]) {
    const ended = crossbill(order);
    expect(ended.status, order.join(" ")).toBe(2);
    expect(ended.stderr.split("\n"), order.join(" ")).toHaveLength(2);
  }
});

test("--list names every topic with its question and measures nothing", () => {
  const ended = crossbill(["lab", "--list"]);
  expect(ended).toMatchObject({ status: 0, stderr: "" });
  expect(ended.stdout).toMatch(/^toll +What does it cost/);
});
