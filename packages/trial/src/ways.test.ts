import { findingRules } from "@crossbill/core";
import { expect, test } from "vitest";
import { wayOf } from "./ways.ts";

test.each(findingRules.filter(({ trial }) => trial === "replay"))(
  "a finding that says a replay proves it has one: $code",
  ({ code }) => {
    expect(wayOf({ code, evidence: {}, syscalls: ["read"] })).not.toBeNull();
  },
);

test("syncs are grouped as the finding assumes, whatever a bill claims", () => {
  const groupOf = (recordsAtATime: number | string) =>
    wayOf({ code: "sync-per-record", evidence: { recordsAtATime }, syscalls: ["fsync"] })?.fix
      .parameters["group"];
  expect([10, 0.5, -1, "many", Number.POSITIVE_INFINITY].map(groupOf)).toEqual([
    ...[10, 100, 100, 100, 100],
  ]);
});

test("seeks before writes are tried on a scratch file", () => {
  const kindOf = (...syscalls: string[]) =>
    wayOf({ code: "seek-then-read", evidence: {}, syscalls: ["lseek", ...syscalls] })?.kind;
  expect([kindOf("write"), kindOf("read"), kindOf("read", "write")]).toEqual([
    ...["writes", "reads", "reads"],
  ]);
});
