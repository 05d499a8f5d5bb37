import { UsageError } from "@crossbill/core";
import { Command } from "commander";
import { expect, test } from "vitest";
import * as flags from "./flags.ts";
import { verbs } from "./program.ts";

test("every flag has a value to fall back to when it is not given", () => {
  expect(flags.outputFlag.read({})).toBeNull();
  expect(flags.exactTimeFlag.read({})).toBe(false);
  expect(flags.calibrateFlag.read({})).toBe(true);
  expect(flags.pidFlag.read({})).toBeNull();
  expect(flags.byFlag.read({})).toBeNull();
});

test("--top takes whole numbers only", () => {
  expect(flags.topFlag.read({ top: "25" })).toBe(25);
  for (const top of ["-1", "ten", "1.5", "", "12345678"]) {
    expect(() => flags.topFlag.read({ top })).toThrow(UsageError);
  }
});

test("-e reads strace's expressions and refuses unknown calls with the nearest name", () => {
  const choice = flags.traceFlag.read({ trace: "trace=read,write" });
  expect(choice?.selection.has("read")).toBe(true);
  expect(choice?.selection.has("openat")).toBe(false);
  expect(() => flags.traceFlag.read({ trace: "raed" })).toThrow(/read/);
});

test("-p given again adds its processes to those before", () => {
  const command = new Command().addOption(flags.pidFlag.option);
  command.parse(["-p", "12", "-p", "34,56", "--pid", "12"], { from: "user" });
  expect(flags.pidFlag.read(command.opts())).toEqual([12, 34, 56]);
});

test("--sequence takes a count in plain digits, thousands or millions, up to a million", () => {
  const read = (sequence: string) => flags.sequenceFlag.read({ sequence });
  expect(flags.sequenceFlag.read({})).toBeNull();
  expect([read("23"), read("200k"), read("1M"), read("1000000")]).toEqual([23, 2e5, 1e6, 1e6]);
  for (const count of ["0", "2M", "1001k", "-1", "1.5k", "1K", "many", ""]) {
    expect(() => read(count)).toThrow(UsageError);
  }
});

test("no two flags of a command have the same name", () => {
  for (const { flags: list } of verbs) {
    const names = list.flatMap(({ option }) => [option.short, option.long]);
    const given = names.filter((name) => name !== undefined);
    expect(new Set(given).size).toBe(given.length);
  }
});

test("every command has a summary without a full stop, a description and examples of itself", () => {
  for (const { name, summary, description, examples } of verbs) {
    expect(summary).not.toMatch(/\.$/);
    expect(description).toMatch(/\.$/);
    for (const { command } of examples) expect(command).toContain(`crossbill ${name}`);
  }
});
