/** Programs in which nothing is worth changing: the only advice is to leave it. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { leaveRules, parseBill } from "@crossbill/core";
import { expect, test } from "vitest";
import { silentNames, silentProgram } from "../../examples/silent/programs.js";
import { cli, useOwnFolder } from "./command-line.ts";

const folder = useOwnFolder();
const leave = new Set(leaveRules.map(({ code }) => code));

test.each(silentNames())("%s: no finding but to leave it", (name) => {
  const program = silentProgram(name, folder.path);
  const cwd = path.join(folder.path, name);
  mkdirSync(cwd);
  const args = [cli, "run", "--json", "bill.json", "-o", "bill.txt", "--", program];
  const { status, stderr } = spawnSync(process.execPath, args, { cwd, encoding: "utf8" });
  expect({ status, stderr }).toMatchObject({ status: 0 });
  const { findings = [] } = parseBill(readFileSync(path.join(cwd, "bill.json"), "utf8"));
  expect(findings.filter(({ code }) => !leave.has(code))).toEqual([]);
});
