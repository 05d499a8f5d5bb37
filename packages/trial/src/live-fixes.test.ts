import { describe, expect, it } from "vitest";
import { describeFixes, fixesOf } from "./live-fixes.ts";

describe("fixesOf", () => {
  it("applies the safe ones of every program when no finding is named", () => {
    expect(fixesOf(null, false)).toEqual(["reads", "writes"]);
    expect(fixesOf(null, true)).toEqual(["reads", "writes", "syncs"]);
  });

  it("believes paths only when the finding is about them", () => {
    expect(fixesOf("stat-storm", false)).toEqual(["paths"]);
    expect(describeFixes(["paths"])).toContain("100 ms");
  });

  it("groups syncs only when that is allowed", () => {
    expect(() => fixesOf("sync-per-record", false)).toThrow(/survives a crash/);
    expect(fixesOf("sync-per-record", true)).toEqual(["syncs"]);
  });

  it("names the findings it knows when it does not know one", () => {
    expect(() => fixesOf("user-bound", true)).toThrow(/user-bound/);
  });
});
