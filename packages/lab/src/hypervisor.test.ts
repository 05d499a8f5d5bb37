import { expect, test } from "vitest";
import { hypervisorName } from "./hypervisor.ts";

test("a known signature becomes the hypervisor's name", () => {
  expect(hypervisorName({ hypervisor: true, signature: "KVMKVMKVM" })).toBe("kvm");
  expect(hypervisorName({ hypervisor: true, signature: "Microsoft Hv" })).toBe("hyper-v");
});

test("an unknown signature is shown as it is, an empty one as unknown", () => {
  expect(hypervisorName({ hypervisor: true, signature: "SomeOtherOne" })).toBe("SomeOtherOne");
  expect(hypervisorName({ hypervisor: true, signature: "" })).toBe("unknown");
  expect(hypervisorName({ hypervisor: true, signature: "far longer than twelve" })).toBe("unknown");
});

test("a clear hypervisor bit is bare metal, and no answer is no claim", () => {
  expect(hypervisorName({ hypervisor: false, signature: null })).toBe("none");
  expect(hypervisorName({ hypervisor: null, signature: null })).toBeNull();
  expect(hypervisorName("nonsense")).toBeNull();
  expect(hypervisorName(null)).toBeNull();
});
