/** Exports: totals to the unit in every format, and names that no reader can be harmed by. */
import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import * as fc from "fast-check";
import MarkdownIt from "markdown-it";
import { Profile } from "pprof-format";
import { expect, test } from "vitest";
import { z } from "zod";
import { type Bill, billSchema } from "./bill/shape.ts";
import { makeBill } from "./bill.ts";
import { billValues, type CallValues, eachValue, valueNames } from "./exports/call-values.ts";
import { csv } from "./exports/csv.ts";
import { exportFormats } from "./exports.ts";
import { anyPrices, anyRecording } from "./fixtures/arbitrary.ts";
import { line, prices, process, recording, target } from "./fixtures/recordings.ts";
import { printable } from "./printable.ts";
import type { RecordedStack, Recording } from "./recording.ts";
import { waitReasons } from "./wait-reason.ts";

const nothing = { boundary: 0, kernel: 0, wait: 0, crossings: 0, bytes: 0 };
const anyStacks: fc.Arbitrary<RecordedStack[]> = fc.array(
  fc.record({
    process: fc.nat(2),
    syscall: fc.constantFrom(null, "read", "write", "openat"),
    samples: fc.nat(3),
    waits: fc.nat(3),
    frames: fc.array(
      fc.record({ buildId: fc.constantFrom(null, "ab"), offset: fc.constantFrom("10", "20") }),
      { maxLength: 3 },
    ),
  }),
  { maxLength: 8 },
);

/** Rows of a CSV file, as RFC 4180 has them. */
function readCsv(text: string): string[][] {
  const rows = text.matchAll(
    /((?:"(?:[^"]|"")*"|[^",\r\n]*)(?:,(?:"(?:[^"]|"")*"|[^",\r\n]*))*)\r\n/g,
  );
  return [...rows].map(([, row = ""]) =>
    [...row.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g)].map(
      ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "",
    ),
  );
}

/** Cells of all tables of a page, by the tables' rows. */
function readMarkdown(text: string): { readonly rows: string[][]; readonly tags: Set<string> } {
  const rows: string[][] = [];
  const tags = new Set<string>();
  let isRow = false;
  for (const token of new MarkdownIt({ html: true, linkify: true }).parse(text, {})) {
    tags.add(token.type);
    if (token.type === "tr_open") rows.push([]);
    if (token.type.startsWith("tr_")) isRow = token.type === "tr_open";
    if (token.type !== "inline") continue;
    for (const child of token.children ?? []) tags.add(child.type);
    if (isRow) rows.at(-1)?.push((token.children ?? []).map(({ content }) => content).join(""));
  }
  return { rows, tags };
}

/** Labels and value of each sample of Prometheus text. */
function readPrometheus(text: string) {
  return [...text.matchAll(/^(\w+)(?:\{(.*)\})? (-?[\d.]+)$/gm)].map(([, name, labels, value]) => ({
    name: name ?? "",
    value: value ?? "",
    labels: [...(labels ?? "").matchAll(/\w+="((?:[^"\\]|\\.)*)"/g)].map(([, label = ""]) =>
      label.replace(/\\(["\\])/g, "$1"),
    ),
  }));
}

const speedscopeFile = z.object({
  shared: z.object({ frames: z.array(z.object({ name: z.string() })) }),
  profiles: z.array(
    z.object({
      name: z.string(),
      endValue: z.number(),
      weights: z.array(z.number()),
      samples: z.array(z.array(z.number())),
    }),
  ),
});
const slice = z.object({
  ph: z.literal("X"),
  name: z.string(),
  cat: z.string(),
  dur: z.number(),
  args: z.object({
    crossings: z.number(),
    boundaryNs: z.number(),
    kernelNs: z.number(),
    waitNs: z.number(),
    bytes: z.number(),
  }),
});
const processName = z.object({
  ph: z.literal("M"),
  name: z.literal("process_name"),
  args: z.object({ name: z.string() }),
});
const chromeFile = z.object({ traceEvents: z.array(z.union([slice, processName])) });

const digits = (text: string | undefined) => Number((text ?? "").replace(/[,.]/g, ""));

/** What a written file adds up to, told by the format's own reader. */
const totals: Readonly<Record<string, (content: Content) => CallValues>> = {
  pprof({ bytes }) {
    const { sampleType, sample, stringTable } = Profile.decode(bytes);
    const names = sampleType.map(({ type }) => stringTable.strings[Number(type)]);
    expect(names).toEqual([...valueNames]);
    const of = (at: number) => sample.reduce((sum, { value }) => sum + Number(value[at]), 0);
    return eachValue((name) => of(names.indexOf(name)));
  },
  speedscope({ text }) {
    const { profiles } = speedscopeFile.parse(JSON.parse(text));
    for (const { weights, samples, endValue } of profiles) {
      expect(samples).toHaveLength(weights.length);
      expect(weights.reduce((sum, weight) => sum + weight, 0)).toBe(endValue);
    }
    return eachValue((name) => profiles.find((one) => one.name === name)?.endValue ?? -1);
  },
  chrome({ text }) {
    const slices = chromeFile
      .parse(JSON.parse(text))
      .traceEvents.filter((event) => event.ph === "X");
    const calls = slices.filter(({ cat }) => cat === "syscall");
    const of = (key: keyof (typeof calls)[number]["args"]) =>
      calls.reduce((sum, { args }) => sum + args[key], 0);
    for (const { dur, args } of slices) {
      expect(Math.round(dur * 1000)).toBe(args.boundaryNs + args.kernelNs + args.waitNs);
    }
    return {
      boundary: of("boundaryNs"),
      kernel: of("kernelNs"),
      wait: of("waitNs"),
      crossings: of("crossings"),
      bytes: of("bytes"),
    };
  },
  prometheus({ text }) {
    const samples = readPrometheus(text);
    const of = (metric: string) =>
      samples
        .filter(({ name }) => name === metric)
        .reduce((sum, { value }) => sum + digits(value), 0);
    return {
      boundary: of("crossbill_call_boundary_seconds"),
      kernel: of("crossbill_call_kernel_seconds"),
      wait: of("crossbill_call_wait_seconds"),
      crossings: of("crossbill_call_crossings"),
      bytes: of("crossbill_call_bytes"),
    };
  },
  markdown({ text }) {
    const { rows } = readMarkdown(text);
    const calls = rows.slice(rows.findIndex(([first]) => first === "call") + 1);
    const end = calls.findIndex(({ length }) => length !== 6);
    const own = rows.some(([first]) => first === "call")
      ? calls.slice(0, end < 0 ? undefined : end)
      : [];
    const of = (at: number) => own.reduce((sum, row) => sum + digits(row[at]), 0);
    return { crossings: of(1), boundary: of(2), kernel: of(3), wait: of(4), bytes: of(5) };
  },
  csv({ text }) {
    const [head = [], ...rows] = readCsv(text);
    const of = (column: string) =>
      rows.reduce((sum, row) => sum + Number(row[head.indexOf(column)]), 0);
    return {
      boundary: of("boundary_ns"),
      kernel: of("kernel_ns"),
      wait: of("wait_ns"),
      crossings: of("crossings"),
      bytes: of("bytes"),
    };
  },
};

interface Content {
  readonly text: string;
  readonly bytes: Uint8Array;
}
function write(bill: Bill, id: string, value: (typeof valueNames)[number] = "crossings"): Content {
  const format = exportFormats.find((one) => one.id === id);
  if (format === undefined) throw new Error(`no format ${id}`);
  const content = format.write(bill, { value, top: 10 });
  return typeof content === "string"
    ? { text: content, bytes: new TextEncoder().encode(content) }
    : { text: "", bytes: content };
}

function holds(check: (bill: Bill) => void): void {
  fc.assert(
    fc.property(anyRecording, anyStacks, anyPrices, (recorded, stacks, priced) => {
      const known = new Set(recorded.processes.map(({ id }) => id));
      const own = stacks.filter((stack) => known.has(stack.process));
      check(makeBill({ ...recorded, stacks: own }, priced));
    }),
    { numRuns: 150 },
  );
}

test("every format but collapsed stacks adds up to the bill, to the unit", () => {
  expect(Object.keys(totals).toSorted()).toEqual(
    exportFormats
      .map(({ id }) => id)
      .filter((id) => id !== "collapsed")
      .toSorted(),
  );
  holds((bill) => {
    for (const [id, of] of Object.entries(totals)) {
      expect({ id, ...of(write(bill, id)) }).toEqual({ id, ...billValues(bill) });
    }
  });
});

test("collapsed stacks add up to the bill in whichever figure they carry", () => {
  holds((bill) => {
    const sums = valueNames.map((name) => {
      const lines = write(bill, "collapsed", name).text.split("\n").slice(0, -1);
      for (const text of lines) expect(text).toMatch(/^[^;]+(;[^;]+)+ [1-9]\d*$/);
      return [name, lines.reduce((sum, text) => sum + Number(/\d+$/.exec(text)?.[0]), 0)];
    });
    expect({ ...nothing, ...Object.fromEntries(sums) }).toEqual(billValues(bill));
  });
});

test("the values of a bill are those of its time", () => {
  holds((bill) => {
    const { boundary, kernel, wait, crossings } = billValues(bill);
    expect({ boundary, kernel }).toEqual({
      boundary: bill.time.boundaryNs,
      kernel: bill.time.kernelNs,
    });
    expect(wait).toBe(waitReasons.reduce((sum, reason) => sum + bill.time.waitNs[reason], 0));
    const unfinished = bill.unfinished.calls.reduce((sum, { count }) => sum + count, 0);
    const listed = [...bill.lines, ...bill.notItemised].reduce((sum, { count }) => sum + count, 0);
    expect(crossings).toBe(listed + unfinished);
  });
});

test("Prometheus's parts of the time add up to the thread wall time, and no label set comes twice", () => {
  holds((bill) => {
    const samples = readPrometheus(write(bill, "prometheus").text);
    const parts = samples.filter(({ name }) => name === "crossbill_run_time_seconds");
    expect(parts.reduce((sum, { value }) => sum + digits(value), 0)).toBe(bill.time.wallNs);
    const keys = samples.map(({ name, labels }) => JSON.stringify([name, labels]));
    expect(new Set(keys).size).toBe(keys.length);
  });
});

test("speedscope's files have the shape that speedscope publishes", () => {
  const path = new URL(
    "../../../node_modules/speedscope/dist/release/file-format-schema.json",
    import.meta.url,
  );
  const schema = z.looseObject({}).parse(JSON.parse(readFileSync(path, "utf8")));
  const validate = new Ajv({ strict: false }).compile({
    ...schema,
    $ref: "#/definitions/FileFormat.File",
  });
  holds((bill) => {
    validate(JSON.parse(write(bill, "speedscope").text));
    expect(validate.errors).toBeNull();
  });
  expect(validate({ profiles: [] })).toBe(false);
});

const hostileNames = [
  "<script>alert(1)</script>",
  "=cmd|'/c calc'!A1\",\"",
  "+1+1",
  "-2",
  "@SUM(1)",
  "'=1",
  "\t=1",
  " =1",
  "\u001b]0;owned\u0007\u001b[2J",
  "\u009b31m",
  "safe\u202egnp.exe",
  "a\nb\r\nc",
  "d;e 12",
  'f"}g{\\"h\\',
  "caf\udce9 \udcff",
  "| `x` | @octocat #1 [l](javascript:0) ![](//x.y/z)",
  "\\x3b\\n",
  "zero\u200bwidth",
  "\u0000nul",
  "# HELP x",
];

/** Takes back what `printable` does. */
function unprintable(shown: string): string {
  return shown.replace(
    /\\(?:([nrt\\])|x([0-9a-f]{2})|u\{([0-9a-f]+)\}|u([0-9a-f]{4}))/g,
    (_, letter?: string, byte?: string, long?: string, short?: string) => {
      if (letter !== undefined) return { n: "\n", r: "\r", t: "\t" }[letter] ?? "\\";
      const code = Number.parseInt(byte ?? long ?? short ?? "", 16);
      return String.fromCodePoint(byte !== undefined && code >= 0x80 ? 0xdc00 + code : code);
    },
  );
}

/** The name everywhere a name can be. */
function hostileBill(name: string): Bill {
  const symbol = { function: name, file: name, line: 7, module: name };
  const recorded: Recording = recording({
    command: [name],
    processes: [process({ comm: name, exe: name })],
    targets: [target({ id: "t", name, fileSystem: name })],
    lines: [line({ target: "t", count: 7, bytes: 70 }), line({ process: null, count: 3 })],
    stacks: [
      { process: 0, syscall: "read", samples: 1, frames: [{ buildId: null, offset: "1", symbol }] },
    ],
  });
  const bill = makeBill(recorded, prices({ nullSyscallNs: 100 }));
  // A bill is a file of anybody's: nothing checks what a call is called in it.
  const [first, ...others] = bill.lines;
  if (first === undefined) throw new Error("no line");
  return billSchema.parse({ ...bill, lines: [{ ...first, syscall: name }, ...others] });
}

/** All texts that a reader of the format would show. */
const shownBy: Readonly<Record<string, (content: Content) => readonly string[]>> = {
  pprof: ({ bytes }) => Profile.decode(bytes).stringTable.strings,
  speedscope: ({ text }) =>
    speedscopeFile.parse(JSON.parse(text)).shared.frames.map(({ name }) => name),
  chrome: ({ text }) =>
    chromeFile
      .parse(JSON.parse(text))
      .traceEvents.map((event) => (event.ph === "M" ? event.args.name : event.name)),
  collapsed: ({ text }) => text.split("\n").flatMap((one) => one.replace(/ \d+$/, "").split(";")),
  prometheus: ({ text }) => readPrometheus(text).flatMap(({ labels }) => labels),
  markdown: ({ text }) => readMarkdown(text).rows.flat(),
  csv: ({ text }) =>
    readCsv(text)
      .flat()
      .map((cell) => cell.replace(/^'/, "")),
};

test("hostile names come back intact from every format, and are harmless in it", () => {
  expect(Object.keys(shownBy).toSorted()).toEqual(exportFormats.map(({ id }) => id).toSorted());
  for (const name of hostileNames) {
    const bill = hostileBill(name);
    for (const [id, shownIn] of Object.entries(shownBy)) {
      const content = write(bill, id);
      const shown = shownIn(content).map(unprintable);
      expect(shown, `${id}: ${printable(name)}`).toContain(name);
      const whole = content.text === "" ? shownIn(content).join("") : content.text;
      expect(whole.replaceAll(/\r?\n/g, ""), id).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
    }
  }
});

test("no name of a bill is a formula of a spreadsheet, and every row has as many cells", () => {
  for (const name of hostileNames) {
    const { text } = write(hostileBill(name), csv.id);
    const rows = readCsv(text);
    expect(rows.map((row) => `${row.length}`)).toEqual(rows.map(() => "11"));
    for (const cell of rows.flat()) expect(cell).not.toMatch(/^\s*[=+@\t\r]|^\s*-(?!\d+$)/);
  }
});

test("no name becomes markup, a link or a line of its own", () => {
  const plain = readMarkdown(write(hostileBill("plain"), "markdown").text);
  for (const name of hostileNames) {
    const { rows, tags } = readMarkdown(write(hostileBill(name), "markdown").text);
    expect([...tags].toSorted()).toEqual([...plain.tags].toSorted());
    expect(rows.map((row) => row.length)).toEqual(plain.rows.map((row) => row.length));
    const samples = readPrometheus(write(hostileBill(name), "prometheus").text);
    expect(samples).toHaveLength(
      readPrometheus(write(hostileBill("plain"), "prometheus").text).length,
    );
  }
});

test("a stack of a stranger's file may be as deep as it likes", () => {
  const bill = hostileBill("deep");
  const frames = Array.from({ length: 100_000 }, (_, at) => ({
    buildId: null,
    offset: at.toString(16),
  }));
  const stacks = [{ process: 0, syscall: "deep", samples: 1, frames }];
  for (const { id } of exportFormats) {
    expect(write({ ...bill, stacks }, id).bytes.length).toBeGreaterThan(0);
  }
});
