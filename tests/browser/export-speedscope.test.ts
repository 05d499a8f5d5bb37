/** speedscope itself, in a real browser, opens the exports it is for, whatever names are in them. */
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { type Bill, billValues, exportFormats, parseBill, printable } from "@crossbill/core";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { launchBrowser, pageTest } from "./chromium.ts";

const application = fileURLToPath(
  new URL("../../node_modules/speedscope/dist/release/", import.meta.url),
);
const golden = new URL("../../packages/core/src/golden/dd.bill.golden.json", import.meta.url);
const NAME = '<img src=x onerror=alert(1)>"; =1|\u202e\u001b[2J\n';

let browser: Browser | null;
let server: Server;
let address: string;

beforeAll(async () => {
  browser = await launchBrowser();
  server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const profile = profiles.get(pathname.slice(1));
    const file = join(application, /^\/[\w.-]+$/.exec(pathname)?.[0] ?? "index.html");
    if (file.endsWith(".css")) response.setHeader("Content-Type", "text/css");
    if (file.endsWith(".js")) response.setHeader("Content-Type", "text/javascript");
    response.end(profile ?? readFileSync(file));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("no port");
  address = `http://127.0.0.1:${bound.port}`;
});
afterAll(async () => {
  await browser?.close();
  server.close();
});

/** By file name. */
const profiles: ReadonlyMap<string, Uint8Array> = new Map(
  exportFormats.map(({ id, gzip, write }) => {
    const content = write(hostileBill(), { value: "crossings", top: 10 });
    return [`bill.${id}`, gzip === true ? gzipSync(content) : Buffer.from(content)];
  }),
);

function hostileBill(): Bill {
  const bill = parseBill(readFileSync(golden, "utf8"));
  const lines = bill.lines.map((line) => ({
    ...line,
    process: { ...line.process, comm: NAME },
  }));
  return { ...bill, command: [NAME], lines };
}

/** A row of the table of functions: how much of the profile is in it, and in it alone. */
interface Row {
  readonly total: string;
  readonly self: string;
  readonly name: string;
}

/** What speedscope shows of a profile; `complaints` gathers what went wrong. */
async function shown(id: string): Promise<{ rows: Row[]; complaints: string[] }> {
  if (browser === null) throw new Error("no browser");
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("dialog", (dialog) => complaints.push(`dialog: ${dialog.message()}`));
  page.on("request", (request) => {
    if (!/^(http:\/\/127\.0\.0\.1:|data:)/.test(request.url())) complaints.push(request.url());
  });
  await page.goto(`${address}/index.html#profileURL=/bill.${id}`);
  await page.getByText("Sandwich").click();
  const visible = page.locator("tr:visible").filter({ has: page.locator("td") });
  await visible.first().waitFor({ timeout: 10_000 });
  const rows = await visible.evaluateAll((list) =>
    list.map((row) => [...row.querySelectorAll("td")].map((cell) => cell.textContent ?? "")),
  );
  expect(await page.locator("img").count()).toBe(0);
  await page.close();
  return {
    rows: rows.map(([total = "", self = "", name = ""]) => ({ total, self, name })),
    complaints,
  };
}

pageTest.for(["speedscope", "pprof", "collapsed"])(
  "speedscope counts in %s what the bill counts, and shows a hostile name as text",
  async (id) => {
    const { rows, complaints } = await shown(id);
    const own = rows.map(({ self }) => Number(self.replace(/ .*/, "").replaceAll(",", "")));
    expect(own.reduce((sum, count) => sum + count, 0)).toBe(billValues(hostileBill()).crossings);
    const name = `${printable(NAME)} 4242`;
    expect(rows.map((row) => row.name)).toContain(
      id === "collapsed" ? name.replaceAll(";", "\\x3b") : name,
    );
    expect(complaints).toEqual([]);
  },
);

pageTest("speedscope opens a Chrome trace, and each call lasts what it cost", async () => {
  const { rows, complaints } = await shown("chrome");
  const writes = hostileBill().syscalls.filter(({ name }) => name === "write");
  const costNs = writes.reduce((sum, row) => sum + row.boundaryNs + row.kernelNs + row.waitNs, 0);
  // It puts a slice's arguments behind its name.
  const row = rows.find(({ name }) => name.startsWith("write {"));
  expect(row?.self).toMatch(`${(costNs / 1e6).toFixed(2)}ms`);
  expect(rows.some(({ name }) => name.startsWith(`${printable(NAME)} 4242 {`))).toBe(true);
  expect(complaints).toEqual([]);
});
