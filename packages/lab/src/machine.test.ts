import { expect, test } from "vitest";
import { chosenWord, cpuinfoField, distributionName, machineKey } from "./machine.ts";

const parts = {
  cpu: "Some CPU",
  microcode: "0x1",
  kernel: "6.1.0",
  hypervisor: "kvm",
  mitigations: { meltdown: "Not affected", retbleed: "Mitigation: x" },
};

test("the key depends on each of its parts", () => {
  const changed = [
    { ...parts, cpu: "Another CPU" },
    { ...parts, microcode: "0x2" },
    { ...parts, microcode: null },
    { ...parts, kernel: "6.1.1" },
    { ...parts, hypervisor: null },
    { ...parts, mitigations: { ...parts.mitigations, meltdown: "Vulnerable" } },
  ];
  const keys = new Set([parts, ...changed].map(machineKey));
  expect(keys.size).toBe(changed.length + 1);
});

test("the key does not depend on the order in which the mitigations were listed", () => {
  const turned = { retbleed: "Mitigation: x", meltdown: "Not affected" };
  expect(machineKey({ ...parts, mitigations: turned })).toBe(machineKey(parts));
});

test("a field of cpuinfo is found by its whole name", () => {
  const cpuinfo = "processor\t: 0\nmodel\t\t: 17\nmodel name\t: A: B\nmodel name\t: C\n";
  expect(cpuinfoField(cpuinfo, "model name")).toBe("A: B");
  expect(cpuinfoField(cpuinfo, "microcode")).toBeNull();
});

test("the chosen word of a setting is the one in brackets", () => {
  expect(chosenWord("always [madvise] never")).toBe("madvise");
  expect(chosenWord("performance")).toBe("performance");
  expect(chosenWord(null)).toBeNull();
});

test("the distribution's name is unquoted, and unknown when there is none", () => {
  expect(distributionName('ID=x\nPRETTY_NAME="Debian \\"12\\""\n')).toBe('Debian "12"');
  expect(distributionName("PRETTY_NAME=Alpine\n")).toBe("Alpine");
  expect(distributionName(null)).toBe("unknown");
});
