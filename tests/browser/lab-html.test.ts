/** The page of `lab --html` in a real browser: charts drawn, nothing fetched, phones and the dark. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type LabReport, parseLabReport } from "@crossbill/core";
import { labPage } from "crossbill";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { launchBrowser, pageTest } from "./chromium.ts";

/** For people to look at; git ignores it. */
const artifacts = fileURLToPath(new URL("../../artifacts/", import.meta.url));
const golden = new URL("../../packages/core/src/golden/lab.golden.json", import.meta.url);
const report = parseLabReport(readFileSync(golden, "utf8"));
const charts = report.topics.flatMap(({ analysis }) => analysis.charts);

let browser: Browser;
let folder: string;

beforeAll(async () => {
  const launched = await launchBrowser();
  if (launched === null) return;
  browser = launched;
  folder = mkdtempSync(join(tmpdir(), "crossbill-browser-"));
  mkdirSync(artifacts, { recursive: true });
});
afterAll(async () => {
  await browser?.close();
  if (folder !== undefined) rmSync(folder, { recursive: true });
});

/** Opens the page of a report; `complaints` gathers what went wrong and what it asked for. */
async function open(shown: LabReport, options: BrowserContextOptions) {
  const file = join(folder, "lab.html");
  writeFileSync(file, labPage(shown));
  const address = pathToFileURL(file).href;
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => complaints.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => complaints.push(`dialog: ${dialog.message()}`));
  page.on("request", (request) => {
    if (request.url() !== address) complaints.push(`request: ${request.url()}`);
  });
  await page.goto(address);
  await page.waitForFunction(
    (count) => document.querySelectorAll(".plot canvas").length === count,
    shown.topics.flatMap(({ analysis }) => analysis.charts).length,
  );
  return { page, complaints };
}

/** How many different colours the canvas has. */
const coloursOf = (page: Page, at: number): Promise<number> =>
  page.evaluate((index) => {
    const canvas = document.querySelectorAll<HTMLCanvasElement>(".plot canvas")[index];
    const data = canvas?.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data;
    return new Set(new Uint32Array(data?.buffer ?? new ArrayBuffer(0))).size;
  }, at);

const widths = (page: Page) =>
  page.evaluate(() => ({ page: document.documentElement.scrollWidth, window: innerWidth }));

pageTest("draws every chart, without a complaint and without asking for anything", async () => {
  const { page, complaints } = await open(report, { viewport: { width: 1100, height: 900 } });
  // Axes, grid, points of several series: far more than a blank canvas has.
  for (const at of charts.keys()) expect(await coloursOf(page, at)).toBeGreaterThan(20);
  const legends = await page.locator(".legend li").count();
  expect(legends).toBeGreaterThan(charts.length);
  await page.screenshot({ path: join(artifacts, "lab-light.png"), fullPage: true });
  expect(complaints).toEqual([]);
  await page.context().close();
});

pageTest("shows the point under the pointer with its figures", async () => {
  const { page, complaints } = await open(report, { viewport: { width: 1100, height: 900 } });
  const over = page.locator(".u-over").first();
  await over.scrollIntoViewIfNeeded();
  const box = await over.boundingBox();
  if (box === null) throw new Error("no chart");
  const tip = page.locator(".tip").first();
  expect(await tip.isVisible()).toBe(false);
  let text = "";
  // A grid finer than the reach of the pointer.
  for (let y = 10; y < box.height && text === ""; y += 30) {
    for (let x = 10; x < box.width && text === ""; x += 30) {
      await page.mouse.move(box.x + x, box.y + y);
      if (await tip.isVisible()) text = (await tip.textContent()) ?? "";
    }
  }
  const names = charts[0]?.series.map(({ name }) => name) ?? [];
  expect(names.some((name) => text.startsWith(`${name}, `))).toBe(true);
  expect(text).toMatch(/: [\d.,]+ ns/);
  await page.screenshot({ path: join(artifacts, "lab-hover.png") });
  expect(complaints).toEqual([]);
  await page.context().close();
});

pageTest("fits a phone, upright and turned", async () => {
  const { page, complaints } = await open(report, {
    viewport: { width: 360, height: 740 },
    deviceScaleFactor: 2,
    isMobile: true,
    hasTouch: true,
  });
  expect(await widths(page)).toEqual({ page: 360, window: 360 });
  await page.screenshot({ path: join(artifacts, "lab-phone.png"), fullPage: true });
  await page.setViewportSize({ width: 740, height: 360 });
  await page.waitForFunction(() => {
    const plot = document.querySelector(".uplot");
    return plot !== null && plot.clientWidth > 400;
  });
  expect(await widths(page)).toEqual({ page: 740, window: 740 });
  expect(complaints).toEqual([]);
  await page.context().close();
});

pageTest("is dark where people want it dark, also when they change their mind", async () => {
  const { page, complaints } = await open(report, {
    viewport: { width: 1100, height: 900 },
    colorScheme: "dark",
  });
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const picture = () =>
    page.evaluate(() => document.querySelector<HTMLCanvasElement>(".plot canvas")?.toDataURL());
  const [darkGround, darkPicture] = [await ground(), await picture()];
  await page.screenshot({ path: join(artifacts, "lab-dark.png"), fullPage: true });
  await page.emulateMedia({ colorScheme: "light" });
  await expect.poll(picture).not.toBe(darkPicture);
  expect(await ground()).not.toBe(darkGround);
  expect(complaints).toEqual([]);
  await page.context().close();
});

pageTest("runs nothing that a name in the report says", async () => {
  const name = "</script><script>alert(1)</script><img src=http://127.0.0.1:9/x onerror=alert(2)>";
  const topics = report.topics.map((topic) => ({
    ...topic,
    title: name,
    analysis: {
      ...topic.analysis,
      notes: [name],
      charts: topic.analysis.charts.map((chart) => ({
        ...chart,
        title: name,
        series: chart.series.map((series) => ({ ...series, name })),
        marks: [{ x: 64, label: name }],
      })),
    },
  }));
  const { page, complaints } = await open(
    { ...report, topics, machine: { ...report.machine, cpu: name } },
    { viewport: { width: 1100, height: 900 } },
  );
  expect(await page.locator("h2", { hasText: name }).count()).toBe(topics.length);
  expect(await page.locator("img").count()).toBe(0);
  expect(complaints).toEqual([]);
  // What would come in by other means is refused by the page's own policy.
  await page.evaluate(() => {
    const image = "<img src=http://127.0.0.1:9/y onerror=alert(3)>";
    document.body.insertAdjacentHTML("beforeend", image);
  });
  const refused = /^console: .*Content Security Policy/s;
  await expect.poll(() => complaints.filter((one) => refused.test(one)).length).toBe(2);
  expect(complaints.filter((one) => one.startsWith("dialog"))).toEqual([]);
  await page.context().close();
});
