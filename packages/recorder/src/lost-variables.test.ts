import { expect, test } from "vitest";
import { bytesLost } from "./lost-variables.ts";

function lost(environ: string, environment: NodeJS.ProcessEnv): [string, string][] {
  return [...bytesLost(Buffer.from(environ, "latin1"), environment)];
}

test("a variable that is not UTF-8 is found with its bytes, others are not", () => {
  const environ = "PLAIN=a=b\0LATIN=caf\xe9=x\0UTF8=\xc3\xa9\0EMPTY=\0";
  const environment = { PLAIN: "a=b", LATIN: "caf\ufffd=x", UTF8: "\u00e9", EMPTY: "" };
  expect(lost(environ, environment)).toEqual([["LATIN", "caf\udce9=x"]]);
});

test("a variable that was changed or removed since stays so", () => {
  expect(lost("LATIN=caf\xe9\0", { LATIN: "tea" })).toEqual([]);
  expect(lost("LATIN=caf\xe9\0", {})).toEqual([]);
});

test("what no shell can export, or is no variable, is left alone", () => {
  expect(lost("a-b=\xe9\0=\xe9\0\xe9\0", { "a-b": "\ufffd", "": "\ufffd" })).toEqual([]);
});
