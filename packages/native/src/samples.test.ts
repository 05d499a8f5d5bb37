import { UnsupportedError } from "@crossbill/core";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parseSamples } from "./samples.ts";

const head =
  '{"mechanism":"copy","timerNs":24.5,"resolutionNs":20,"blockCalls":8,"linear":true,"ratio":2,"attempts":1}';
const block = '{"calls":8,"events":8,"ns":800,"cpuNs":790,"counts":{"faults":3}}';

test("head, blocks and their number are read", () => {
  expect(parseSamples(`${head}\n${block}\n${block}\n{"blocks":2}\n`)).toEqual({
    mechanism: "copy",
    timerNs: 24.5,
    resolutionNs: 20,
    linear: true,
    blocks: [
      { calls: 8, events: 8, ns: 800, cpuNs: 790, counts: { faults: 3 } },
      { calls: 8, events: 8, ns: 800, cpuNs: 790, counts: { faults: 3 } },
    ],
  });
});

test("output cut off anywhere is refused, never read as fewer samples", () => {
  const whole = `${head}\n${block}\n${block}\n{"blocks":2}`;
  for (let length = 0; length < whole.length; length++) {
    expect(() => parseSamples(whole.slice(0, length))).toThrow(UnsupportedError);
  }
});

test("a field that is no number is refused by name", () => {
  const bad = '{"calls":8,"events":-1,"ns":800,"cpuNs":790,"counts":{}}';
  expect(() => parseSamples(`${head}\n${bad}\n{"blocks":1}\n`)).toThrow(/line 2.*events/);
});

test("arbitrary text is refused with the one typed error", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(() => parseSamples(text)).toThrow(UnsupportedError);
    }),
  );
});
