import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { diagnose } from "./doctor.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "crossbill-doctor-"));
  vi.stubEnv("CROSSBILL_RECORDER_PATH", folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** What the doctor says of an eBPF recorder that answers this, beside a ptrace recorder that fails. */
async function diagnosed(answer: string) {
  const answers = join(folder, "answer");
  writeFileSync(answers, answer);
  writeFileSync(join(folder, "crossbill-recorder"), `#!/bin/sh\ncat ${answers}\n`, { mode: 0o755 });
  writeFileSync(join(folder, "crossbill-ptrace"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
  const { features, canRun } = await diagnose();
  return { canRun, of: new Map(features.map((feature) => [feature.name, feature])) };
}

test("what the recorder's probe misses comes with its remedy, what it has without one", async () => {
  const probed = (name: string, ok: boolean) => ({ name, ok, detail: `${name}: ${ok}`, errno: 0 });
  const broken = ["btf", "capabilities", "fentry"].map((name) => probed(name, false));
  const features = [...broken, probed("tracepoints", true), probed("futures", true)];
  const { of, canRun } = await diagnosed(JSON.stringify({ features }));
  const setcap = `sudo setcap cap_bpf,cap_perfmon=ep ${join(folder, "crossbill-recorder")}`;
  expect(canRun).toBe(false);
  expect(of.get("the eBPF recorder")?.remedy).toBe(`run with sudo, or once: ${setcap}`);
  expect(of.get("the ptrace recorder")?.why).toMatch(/ended with status 1/);
  expect(of.get("capabilities")?.remedy).toBe(`run with sudo, or once: ${setcap}`);
  expect(of.get("BTF")).toMatchObject({ state: "does not", why: "btf: false" });
  expect(of.get("BTF")?.remedy).toMatch(/CONFIG_DEBUG_INFO_BTF/);
  expect(of.get("fentry")).toMatchObject({ state: "does not", remedy: null });
  expect(of.get("tracepoints")).toMatchObject({ state: "works", remedy: null });
  expect(of.get("futures")).toMatchObject({ state: "works", why: "futures: true" });
  expect(of.get("PMU")).toMatchObject({ state: "unknown", why: "not probed" });
});

test("a recorder that gives no answer leaves its features unknown", async () => {
  const { of, canRun } = await diagnosed("nonsense");
  expect(canRun).toBe(false);
  expect(of.get("BTF")).toMatchObject({ state: "unknown", remedy: "run ./setup" });
});
