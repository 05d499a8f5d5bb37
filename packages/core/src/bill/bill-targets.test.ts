/** Bill targets: what looks the same is one target. */
import { expect, test } from "vitest";
import type { Target } from "../recording.ts";
import { BillTargets } from "./bill-targets.ts";

const file = { kind: "file", fileSystem: "ext4", deleted: false, truncated: false } as const;

function targets(...of: readonly Pick<Target, "id" | "name" | "sizeBytes">[]): BillTargets {
  return new BillTargets(of.map((fields) => ({ ...file, ...fields })));
}

test("files that had one name in turn are one target, as large as the largest", () => {
  const known = targets(
    { id: "a", name: "/tmp/log", sizeBytes: 23 },
    { id: "b", name: "/tmp/log", sizeBytes: 101 },
    { id: "c", name: "/tmp/log" },
  );
  const numbers = ["a", "b", "c"].map((id) => known.of("file", id).number);
  expect(new Set(numbers).size).toBe(1);
  expect(known.of("file", "a").target).toMatchObject({ path: "/tmp/log", sizeBytes: 101 });
});

test("a file without a name has no size, nor has one of which none is known", () => {
  const known = targets({ id: "a", name: null, sizeBytes: 23 }, { id: "b", name: "/tmp/log" });
  for (const id of ["a", "b"]) expect(known.of("file", id).target).not.toHaveProperty("sizeBytes");
});
