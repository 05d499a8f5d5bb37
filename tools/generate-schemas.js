/**
 * Generates docs/schemas: the JSON Schemas of recordings, bills and prices, from the zod schemas that
 * check them.
 *
 * Usage: npx tsc -b packages/core && node tools/generate-schemas.js
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { jsonSchemas } from "../packages/core/dist/index.js";

const folder = path.join(import.meta.dirname, "../docs/schemas");
mkdirSync(folder, { recursive: true });
const files = Object.entries(jsonSchemas()).map(([name, schema]) => {
  const file = path.join(folder, `${name}.schema.json`);
  writeFileSync(file, `${JSON.stringify(schema, null, 2)}\n`);
  return file;
});
execFileSync("npx", ["biome", "format", "--write", ...files], { stdio: ["ignore", "ignore", 2] });
