import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { rdmaDevices } from "./rdma-devices.ts";

test("only devices on a bus are named, and none where there is no such folder", () => {
  const folder = mkdtempSync(join(tmpdir(), "crossbill-rdma-"));
  const list = join(folder, "class");
  mkdirSync(list);
  for (const real of ["pci/mlx5_1", "pci/mlx5_0", "virtual/rxe0"]) {
    mkdirSync(join(folder, real), { recursive: true });
    symlinkSync(join(folder, real), join(list, real.split("/")[1] ?? ""));
  }
  expect(rdmaDevices(list)).toEqual(["mlx5_0", "mlx5_1"]);
  expect(rdmaDevices(join(folder, "nothing"))).toEqual([]);
  rmSync(folder, { recursive: true });
});
