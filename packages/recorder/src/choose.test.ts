import { PermissionError, UnsupportedError } from "@crossbill/core";
import { expect, test } from "vitest";
import { chooseRecorder, ebpfShortcoming, fallbackNotice } from "./choose.ts";
import { type ProbeResult, parseProbe } from "./probe.ts";

function probe(...broken: string[]): ProbeResult {
  const names = ["btf", "tracepoints", "capabilities", "recorder", "fentry"];
  return {
    kind: "probed",
    features: names.map((name) => ({
      name,
      ok: !broken.includes(name),
      detail: broken.includes(name) ? "refused" : "there",
      errno: broken.includes(name) ? 1 : 0,
    })),
  };
}

test("eBPF is used without a word when everything it needs is there", () => {
  expect(chooseRecorder({ forced: null, probe: probe() })).toEqual({
    recorder: "ebpf",
    shortcoming: null,
  });
});

test("an optional feature that is missing changes nothing", () => {
  expect(chooseRecorder({ forced: null, probe: probe("fentry") }).recorder).toBe("ebpf");
});

function noticeWithout(...missing: string[]): string {
  const { recorder, shortcoming } = chooseRecorder({ forced: null, probe: probe(...missing) });
  expect(recorder).toBe("ptrace");
  return shortcoming === null ? "" : fallbackNotice(shortcoming, 14_725);
}

test("without BTF the choice falls on ptrace, in one line, with its calibrated cost", () => {
  const notice = noticeWithout("btf");
  expect(notice).toMatch(/no BTF: .*CONFIG_DEBUG_INFO_BTF.*about 15 us per crossing/);
  expect(notice).not.toContain("\n");
});

test("a missing right is named before what follows from it, with the command that grants it", () => {
  expect(noticeWithout("btf", "capabilities", "recorder")).toMatch(
    /^no CAP_BPF and CAP_PERFMON: run with sudo, or once: sudo setcap cap_bpf,cap_perfmon=ep \//,
  );
});

test("a forced ptrace recorder is used even where eBPF works", () => {
  expect(chooseRecorder({ forced: "ptrace", probe: probe() })).toEqual({
    recorder: "ptrace",
    shortcoming: null,
  });
});

test("a forced eBPF recorder that cannot work is an error with a remedy, not a fallback", () => {
  const unavailable: ProbeResult = { kind: "unavailable", why: "not built" };
  expect(() => chooseRecorder({ forced: "ebpf", probe: unavailable })).toThrow(UnsupportedError);
  expect(() => chooseRecorder({ forced: "ebpf", probe: probe("recorder") })).toThrow(
    /recorder: refused/,
  );
  expect(() => chooseRecorder({ forced: "ebpf", probe: probe("capabilities") })).toThrow(
    PermissionError,
  );
});

test("a recorder that cannot be asked counts as not built", () => {
  expect(ebpfShortcoming({ kind: "unavailable", why: "x" })).toMatchObject({ kind: "build" });
});

test.each([
  "",
  "[]",
  "{}",
  '{"features":1}',
  '{"features":[1]}',
  '{"features":[{"name":"btf","ok":"yes","detail":"","errno":0}]}',
])("the probe answer %j is refused", (text) => {
  expect(parseProbe(text)).toBeNull();
});
