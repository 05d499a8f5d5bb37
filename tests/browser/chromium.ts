/** Chromium as the browser tests start it, and the tests that need it. */
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";
import { test } from "vitest";

const programs = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const program = programs.find((path) => existsSync(path));

/** No service of the browser's maker, no rights that a container lacks. */
const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Skipped where there is no browser; setup does not install one, the gate does. */
export const pageTest: ReturnType<typeof test.skipIf> = test.skipIf(program === undefined);

/** null where there is none. */
export async function launchBrowser(): Promise<Browser | null> {
  return program === undefined ? null : await chromium.launch({ executablePath: program, args });
}
