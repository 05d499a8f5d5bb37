#!/usr/bin/env node
// Starts crossbill; what it starts is built by ./setup.
import { existsSync, writeSync } from "node:fs";
import { setFlagsFromString } from "node:v8";

// A bill is read once and written once: memory matters here, the last bit of speed does not.
setFlagsFromString("--optimize-for-size");

const built = new URL("../dist/main.js", import.meta.url);
if (existsSync(built)) {
  const { main } = await import(built.href);
  await main();
} else {
  writeSync(2, "crossbill: it is not built yet; run ./setup first\n");
  process.exitCode = 125;
}
