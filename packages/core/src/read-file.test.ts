/** Read file: a broken file says which field, a newer one what to do. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { makeBill } from "./bill.ts";
import { decodeBytes, encodeBytes } from "./byte-text.ts";
import { RecordingError } from "./errors.ts";
import { anyPrices, anyRecording } from "./fixtures/arbitrary.ts";
import { line, prices, process, recording } from "./fixtures/recordings.ts";
import { parseBill, parsePrices, parseRecording, parseRecordingOrBill } from "./read-file.ts";

const sound = recording({ lines: [line(), line({ syscall: "write" })] });
const changed = (fields: object) => JSON.stringify({ ...sound, ...fields });

function failure(text: string, parse: (text: string) => unknown = parseRecording): RecordingError {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof RecordingError) return error;
    throw error;
  }
  throw new Error("nothing was wrong with it");
}

const hasProcesses = ({ processes }: { processes: readonly unknown[] }) => processes.length > 0;

test("what was written is read back", () => {
  fc.assert(
    fc.property(anyRecording.filter(hasProcesses), anyPrices, (recorded, priced) => {
      expect(parseRecording(JSON.stringify(recorded))).toEqual(recorded);
      expect(parsePrices(JSON.stringify(priced))).toEqual(priced);
      const bill = makeBill(recorded, priced);
      expect(parseBill(JSON.stringify(bill))).toEqual(bill);
    }),
    { numRuns: 50 },
  );
});

test("names of any bytes survive a recording, its bill and JSON", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), (bytes) => {
      const comm = decodeBytes(bytes);
      const recorded = recording({ processes: [process({ comm })], lines: [line()] });
      const bill = makeBill(parseRecording(JSON.stringify(recorded)), prices());
      const read = parseBill(JSON.stringify(bill)).lines[0]?.process.comm ?? "";
      expect(encodeBytes(read)).toEqual(bytes);
    }),
    { numRuns: 50 },
  );
});

test.each([
  ["", null, "the recording is empty"],
  ['{"schema": "crossbill.rec', null, "the recording is not valid JSON"],
  ["[]", "schema", "this is no recording of crossbill: schema is missing"],
  ["null", "schema", "schema is missing"],
  [changed({ schema: "crossbill.recording/2" }), "schema", "written by a newer crossbill"],
  [changed({ schema: "crossbill.recording/0" }), "schema", "has an unknown version"],
  [changed({ schema: "crossbill.bill/1" }), "schema", "the file is a bill, not a recording"],
  [changed({ schema: "\x1b[2J" }), "schema", "of another kind (schema \\x1b[2J)"],
  [changed({ lines: [line(), { ...line(), count: "3" }] }), "lines[1].count", 'got string "3"'],
  [changed({ lines: [{ ...line(), bytes: undefined }] }), "lines[0].bytes", "got nothing"],
  [changed({ lines: [{ ...line(), count: -1 }] }), "lines[0].count", "got number -1"],
  [changed({ lines: [{ ...line(), kind: "fifi" }] }), "lines[0].kind", 'got string "fifi"'],
  [changed({ lines: [{ ...line(), syscall: "a\nb" }] }), "lines[0].syscall", "a\\nb"],
  [changed({ lines: [{ ...line(), error: "__proto__" }] }), "lines[0].error", "__proto__"],
  [changed({ lines: [line({ process: 7 })] }), "lines[0].process", "there is no process 7"],
  [changed({ lines: [line({ target: "x" })] }), "lines[0].target", "no such target"],
  [changed({ lines: [line({ sequential: 1 })] }), "lines[0].sequential", "more than positioned"],
  [changed({ processes: [process(), process()] }), "processes[1].id", "0 is used twice"],
  [
    changed({ stacks: [{ process: 9, syscall: null, samples: 1, frames: [] }] }),
    "stacks[0].process",
    "there is no process 9",
  ],
  [changed({ elapsedNs: 1e300 }), "elapsedNs", "got number 1e+300"],
  [changed({ exit: null }), "exit", "expected object, got null"],
])("%#: a broken recording names its field", (text, field, message) => {
  const error = failure(text);
  expect(error.field).toBe(field);
  expect(error.message).toContain(message);
  expect(error.message).not.toMatch(/\p{Cc}/u);
  expect(error.remedy).toBeTruthy();
});

test("a newer file asks for an upgrade", () => {
  expect(failure(changed({ schema: "crossbill.recording/2" })).remedy).toBe("upgrade crossbill");
  const bill = JSON.stringify({ ...makeBill(sound, prices()), schema: "crossbill.bill/12" });
  expect(failure(bill, parseBill).remedy).toBe("upgrade crossbill");
  const priced = JSON.stringify({ ...prices(), schema: "crossbill.prices/2" });
  expect(failure(priced, parsePrices).remedy).toBe("upgrade crossbill");
});

test("a file that is cut off is called what it says it is", () => {
  const cut = (value: object) => JSON.stringify(value, null, 1).slice(0, 200);
  const kept = failure(cut(sound), parseRecordingOrBill);
  expect(kept.message).toMatch(/^the recording is not valid JSON/);
  expect(kept.remedy).toMatch(/--recording FILE/);
  const bill = failure(cut(makeBill(sound, prices())), parseRecordingOrBill);
  expect(bill.message).toMatch(/^the bill is not valid JSON/);
  expect(failure(cut(prices()), parseRecordingOrBill).message).toMatch(/^the prices file is not/);
  const unknown = failure('{"sche', parseRecordingOrBill);
  expect(unknown.message).toMatch(/^the file is not valid JSON/);
  expect(unknown.remedy).toBe("it may be cut off: make it again");
});

test("a bill and a recording are told apart", () => {
  const bill = makeBill(sound, prices());
  expect(parseRecordingOrBill(JSON.stringify(sound)).kind).toBe("recording");
  expect(parseRecordingOrBill(JSON.stringify(bill)).kind).toBe("bill");
  expect(failure("{}", parseRecordingOrBill).field).toBe("schema");
});

test("no text makes it fail in another way", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      expect(failure(text)).toBeInstanceOf(RecordingError);
    }),
  );
});

test("a recording with any one field replaced is read or refused, never a crash", () => {
  const keys = fc.constantFrom(...Object.keys(sound));
  fc.assert(
    fc.property(keys, fc.jsonValue(), (key, value) => {
      const text = JSON.stringify({ ...sound, [key]: value });
      let read: ReturnType<typeof parseRecording> | null = null;
      try {
        read = parseRecording(text);
      } catch (error) {
        expect(error).toBeInstanceOf(RecordingError);
      }
      if (read !== null) makeBill(read, prices());
    }),
  );
});
