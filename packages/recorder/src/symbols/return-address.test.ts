import { expect, test } from "vitest";
import { endsInCall } from "./return-address.ts";

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));
}

/** As the GNU assembler writes them, after as many nops as are needed. */
test.each([
  ["call 0x1090", "90 90 e8 6b 00 00 00"],
  ["call *%rax", "90 90 90 90 90 ff d0"],
  ["call *%r11", "90 90 90 90 41 ff d3"],
  ["call *(%rbx)", "90 90 90 90 90 ff 13"],
  ["call *0x8(%rbx)", "90 90 90 90 ff 53 08"],
  ["call *0x8(%rsp)", "90 90 90 ff 54 24 08"],
  ["call *0x2000(%rip)", "90 ff 15 00 20 00 00"],
  ["call *0x100(%rax)", "90 ff 90 00 01 00 00"],
  ["call *0x100(%rax,%rcx,8)", "ff 94 c8 00 01 00 00"],
  ["call *(%rax,%rcx,8)", "90 90 90 90 ff 14 c8"],
  ["call *0x400(,%rcx,8)", "ff 14 cd 00 04 00 00"],
])("what follows %s is a return address", (_, hex) => {
  expect(endsInCall(bytesOf(hex))).toBe(true);
});

test.each([
  ["jmp *%rax", "90 90 90 90 90 ff e0"],
  ["push 0x8(%rbx)", "90 90 90 90 ff 73 08"],
  ["inc %eax", "90 90 90 90 90 ff c0"],
  ["a function's first instruction", "66 90 0f 1f 40 00 c3"],
  ["the start of the file", "90"],
])("what follows %s is none", (_, hex) => {
  expect(endsInCall(bytesOf(hex))).toBe(false);
});
