import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { type Feature, systemFeatures } from "./doctor-system.ts";

const trees: string[] = [];
afterEach(() => {
  for (const tree of trees.splice(0)) rmSync(tree, { recursive: true });
});

/** What the doctor says of a machine that has exactly these files. */
function diagnose(files: Record<string, string>): Map<string, Feature> {
  const root = mkdtempSync(join(tmpdir(), "crossbill-doctor-"));
  trees.push(root);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    if (path.includes("/ns/")) symlinkSync(content, join(root, path));
    else writeFileSync(join(root, path), content);
  }
  return new Map(systemFeatures(root).map((feature) => [feature.name, feature]));
}

const noRights = "CapEff:\t0000000000000000\nSeccomp:\t0\n";

test("on an empty machine nothing is assumed to work that was not seen", () => {
  const features = diagnose({});
  expect(features.get("kernel lockdown")?.state).toBe("unknown");
  expect(features.get("io_uring")?.state).toBe("unknown");
  expect(features.get("/dev/kvm")).toMatchObject({ state: "does not", why: "not there" });
  expect(features.get("cgroup throttling")?.state).toBe("does not");
});

test.each([
  ["none [integrity] confidentiality\n", "works"],
  ["none integrity [confidentiality]\n", "does not"],
])("lockdown %j %s", (content, state) => {
  const path = "sys/kernel/security/lockdown";
  expect(diagnose({ [path]: content }).get("kernel lockdown")?.state).toBe(state);
});

test("a kernel without lockdown, whose securityfs is there, forbids nothing", () => {
  const features = diagnose({ "sys/kernel/security/lsm": "capability,yama" });
  expect(features.get("kernel lockdown")).toMatchObject({ state: "works", remedy: null });
});

test.each([
  ["0", noRights, "works"],
  ["1", noRights, "works"],
  ["2", noRights, "does not"],
  ["2", "CapEff:\t0000000000080000\n", "works"],
  ["3", "CapEff:\t000001ffffffffff\n", "does not"],
])("ptrace scope %s with %j %s", (scope, status, state) => {
  const files = { "proc/sys/kernel/yama/ptrace_scope": scope, "proc/self/status": status };
  expect(diagnose(files).get("ptrace scope")?.state).toBe(state);
});

test.each([
  ["3", noRights, "does not"],
  ["2", noRights, "works"],
  ["4", "CapEff:\t0000004000000000\n", "works"],
])("perf_event_paranoid %s with %j %s", (level, status, state) => {
  const files = { "proc/sys/kernel/perf_event_paranoid": level, "proc/self/status": status };
  expect(diagnose(files).get("perf_event_paranoid")?.state).toBe(state);
});

test("a nested PID namespace works and is named", () => {
  const features = diagnose({ "proc/self/ns/pid": "pid:[4026532999]" });
  expect(features.get("PID namespace")).toMatchObject({ state: "works" });
  expect(features.get("PID namespace")?.why).toContain("4026532999");
});

test("throttling is found in cgroup v1 and in v2, and missed when v2 lacks io", () => {
  const v1 =
    "30 25 0:26 / /sys/fs/cgroup/blkio rw,nosuid - cgroup cgroup rw,blkio\n31 25 0:27 / /x rw - tmpfs t rw\n";
  const v2 = "30 25 0:26 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw\n";
  const throttle = "sys/fs/cgroup/blkio/blkio.throttle.read_bps_device";
  const controllers = "sys/fs/cgroup/cgroup.controllers";
  const state = (files: Record<string, string>) => diagnose(files).get("cgroup throttling")?.state;
  expect(state({ "proc/self/mountinfo": v1, [throttle]: "" })).toBe("works");
  expect(state({ "proc/self/mountinfo": v2, [controllers]: "cpu io memory" })).toBe("works");
  expect(state({ "proc/self/mountinfo": v2, [controllers]: "cpu memory" })).toBe("does not");
});

test("every feature that does not work says why", () => {
  for (const feature of systemFeatures("/")) {
    expect(feature.why).not.toBe("");
  }
});
