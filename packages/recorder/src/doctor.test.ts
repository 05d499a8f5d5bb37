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

test("a feature that was refused is mended by rights, not by another kernel", async () => {
  const refused = (name: string, errno: number) => ({ name, ok: false, detail: name, errno });
  const names = ["recorder", "tracepoints", "fentry", "cpu-clock"];
  const features = names.map((name) => refused(name, 1));
  const more = [refused("btf", 13), refused("pmu", 13)];
  const without = await diagnosed(
    JSON.stringify({ features: [...features, ...more, refused("capabilities", 1)] }),
  );
  for (const name of [...names, "PMU"]) {
    expect(without.of.get(name)?.remedy).toMatch(/^run with sudo, or once: sudo setcap/);
  }
  expect(without.of.get("BTF")?.remedy).toBe("make /sys/kernel/btf/vmlinux readable");
  const rights = { name: "capabilities", ok: true, detail: "CAP_SYS_ADMIN", errno: 0 };
  const { of } = await diagnosed(JSON.stringify({ features: [...features, ...more, rights] }));
  expect(of.get("fentry")?.remedy).toBeNull();
  for (const name of ["recorder", "tracepoints", "cpu-clock", "PMU"]) {
    expect(of.get(name)?.remedy).toMatch(/seccomp filter/);
  }
});

test("a feature that is not there needs another kernel, or nothing mends it", async () => {
  const absent = (name: string, errno: number) => ({ name, ok: false, detail: name, errno });
  const features = [absent("recorder", 22), absent("tracepoints", 2), absent("pmu", 2)];
  const { of } = await diagnosed(JSON.stringify({ features }));
  expect(of.get("recorder")?.remedy).toBe("boot Linux 5.18 or newer");
  expect(of.get("tracepoints")?.remedy).toMatch(/CONFIG_FTRACE_SYSCALLS/);
  expect(of.get("PMU")?.remedy).toBeNull();
  const failed = await diagnosed(JSON.stringify({ features: [absent("tracepoints", 22)] }));
  expect(failed.of.get("tracepoints")?.remedy).toBeNull();
});

test("a recorder that gives no answer leaves its features unknown", async () => {
  const { of, canRun } = await diagnosed("nonsense");
  expect(canRun).toBe(false);
  expect(of.get("BTF")).toMatchObject({ state: "unknown", remedy: "run ./setup" });
});
