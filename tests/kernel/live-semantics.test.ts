/** The library of live trials changes no byte: every misuse of descriptors that a buffer could get wrong. */
import { spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LiveReport, REPORT_BYTES, readReport } from "../../packages/trial/src/live-report.ts";
import { buildProgram, makeFolder, removeFolders } from "./recorder-process.ts";

const library = fileURLToPath(
  new URL("../../packages/trial/build/crossbill-live.so", import.meta.url),
);

const torture = buildProgram("live-torture");
const processes = buildProgram("live-processes");
let folder = "";

beforeAll(() => {
  folder = makeFolder();
});
afterAll(removeFolders);

interface Ran {
  readonly status: number | null;
  readonly signal: string | null;
  readonly output: string;
  readonly errors: string;
  /** What it left in its own file; null: it made none. */
  readonly file: string | null;
}

/** A shell hands on a pipe's end as a status, like a user's pipeline does. */
function run(
  words: readonly [string, ...string[]],
  to: "file" | "pipe",
  environment: Record<string, string>,
): Ran {
  const file = join(folder, "own");
  rmSync(file, { force: true });
  const path = join(folder, "out");
  const out = to === "file" ? openSync(path, "w") : "pipe";
  const [program, ...rest] = words;
  const ended = spawnSync(program, rest, {
    stdio: ["ignore", out, "pipe"],
    encoding: "latin1",
    timeout: 30_000,
    killSignal: "SIGKILL",
    env: { ...process.env, ...environment },
  });
  if (typeof out === "number") closeSync(out);
  return {
    status: ended.status,
    signal: ended.signal,
    output: to === "file" ? readFileSync(path, "latin1") : ended.stdout,
    errors: ended.stderr,
    file: existsSync(file) ? readFileSync(file, "latin1") : null,
  };
}

function runBoth(
  words: readonly [string, ...string[]],
  to: "file" | "pipe" = "file",
  fixes = "reads,writes",
): { plain: Ran; fixed: Ran; report: LiveReport } {
  const reportPath = join(folder, "report");
  writeFileSync(reportPath, Buffer.alloc(REPORT_BYTES));
  const plain = run(words, to, {});
  const fixed = run(words, to, {
    LD_PRELOAD: library,
    CROSSBILL_LIVE_REPORT: reportPath,
    CROSSBILL_LIVE_FIXES: fixes,
    CROSSBILL_LIVE_PATHS_MS: "100",
  });
  return { plain, fixed, report: readReport(readFileSync(reportPath)) };
}

const ways: readonly (readonly [string, string])[] = [
  ...[
    ...[
      "seek",
      "positioned",
      "scattered",
      "vectors",
      "duplicates",
      "twice",
      "appending",
      "sizes",
      "moving",
    ],
    ...["unblocking", "streams", "bare"],
  ].map((way) => [way, torture] as const),
  ...[
    ...["talking", "aging", "threads", "forking", "spawning", "becoming", "signals"],
    ...["_exit", "quick_exit", "exit_group", "abort", "segv", "term", "xcpu", "thread", "exit"],
  ].map((way) => [way, processes] as const),
];
/** Every byte is answered before the next is written: there is nothing to spare. */
const sparesNothing: ReadonlySet<string> = new Set(["talking"]);

describe.each(["file", "pipe"] as const)("with standard output in a %s", (to) => {
  it.each(ways)("%s: the same bytes and the same end", (way, program) => {
    const { plain, fixed, report } = runBoth([program, way, join(folder, "own")], to);
    expect(fixed).toEqual(plain);
    expect(plain.status).not.toBe(2);
    expect(report.intercepted).toBeGreaterThan(0);
    if (!sparesNothing.has(way)) expect(report.spared).toBeGreaterThan(0);
    expect(report).toMatchObject({ lostBytes: 0, lateErrors: 0 });
  });
});

describe("programs that share files and pipes", () => {
  /** Bytes of the sources, not of these words, matter: any file of a few pages. */
  const words = fileURLToPath(new URL("../../README.md", import.meta.url));
  const own = (): string => join(folder, "own");
  const sh = (script: string): readonly [string, ...string[]] => [
    "bash",
    "-c",
    script,
    words,
    own(),
  ];

  it.each([
    [
      "what bash reads a byte at a time, the next program goes on with",
      'cat "$0" | (read a; read b; echo "$a$b"; cat)',
    ],
    [
      "so do two that read a piped input in turn",
      'p="for (1..99) { sysread(STDIN, \\$c, 1); print \\$c }"; cat "$0" | (perl -e "$p"; perl -e "$p"; wc -c)',
    ],
    [
      "so does the next program of a file",
      '(read a; head -c 9; dd bs=1 count=5 status=none; cat) < "$0"',
    ],
    [
      "both outputs in one file keep their order",
      'exec >"$1" 2>&1; perl -e \'$|=1; for (1..99) { syswrite STDOUT, "o$_\\n"; syswrite STDERR, "e$_\\n" }\'',
    ],
    [
      "children append to one file in turn",
      'for i in 1 2 3 4 5; do dd if="$0" bs=1 count=99 status=none; done >> "$1"',
    ],
    [
      "a reader that goes away ends the writer",
      'perl -e \'$|=1; syswrite STDOUT, "line\\n" while 1\' | head -n 3; echo "${PIPESTATUS[0]}"',
    ],
    ["a loop over lines", 'cat "$0" | while read -r line; do echo "${#line}"; done'],
  ])("%s", (_what, script) => {
    const { plain, fixed, report } = runBoth(sh(script));
    expect(fixed).toEqual(plain);
    expect(report.spared).toBeGreaterThan(0);
    expect(report.lostBytes).toBe(0);
  });

  it("Python's unbuffered files, children, pipes and threads", () => {
    const script = fileURLToPath(new URL("programs/live-torture.py", import.meta.url));
    writeFileSync(own(), "");
    const { plain, fixed, report } = runBoth(["python3", "-u", script, own()]);
    expect(fixed).toEqual(plain);
    expect(plain).toMatchObject({ status: 0, errors: "to stderr\n" });
    expect(report.spared).toBeGreaterThan(1000);
  });

  it("says how many bytes a SIGKILL left unwritten", () => {
    // With every signal blocked not even their age lets them go.
    const script =
      "import os, signal, sys\nsignal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())\n" +
      "fd = os.open(sys.argv[1], 65)\nfor _ in range(17): os.write(fd, b'x')\nwhile True: pass";
    const { plain, fixed, report } = runBoth([
      ...sh('exec 2>&-; python3 -c "$2" "$1" & sleep 1; kill -9 $!; wait $!; echo $?'),
      script,
    ]);
    expect(plain).toMatchObject({ output: "137\n", file: "x".repeat(17) });
    expect(fixed.file).toBe("xx"); // The first two of a descriptor are never held.
    expect(report.lostBytes).toBe(15);
  });
});

describe("what waits for room in a full pipe", () => {
  /** As many bytes as its 16 pages take, and some that have to be held. */
  const perl = 'syswrite STDOUT, "x" x 100 for 1..620;';
  const python = `import ctypes, os
for _ in range(620): os.write(1, b"x" * 100)
c = ctypes.CDLL(None); c.fclose(ctypes.c_void_p.in_dll(c, "stdout"))`;

  it.each([
    ["new flags of it", `perl -MFcntl -e '${perl} fcntl STDOUT, F_SETFL, 0; sleep 1'`],
    ["a call by its number", `perl -e '${perl} syscall 39; sleep 1'`],
    ["the end of the C library's stream", `python3 -c '${python}'`],
  ])("survives %s", (_what, writer) => {
    const { plain, fixed, report } = runBoth(["bash", "-c", `${writer} | (sleep 0.5; wc -c)`]);
    expect(plain.output).toBe("62000\n");
    expect(fixed).toEqual(plain);
    expect(report).toMatchObject({ lostBytes: 0, lateErrors: 0 });
  });
});

describe("answers about paths", () => {
  const changes = (steps: string): readonly [string, ...string[]] => [
    "python3",
    "-c",
    `import os, sys
path = sys.argv[1]
def there():
    return (os.path.exists(path), os.access(path, os.R_OK), os.path.exists(path) and os.stat(path).st_size)
for _ in range(50): there()
print(there())
${steps}`,
    join(folder, "own"),
  ];

  it("are believed, and forgotten when the program changes something", () => {
    const { plain, fixed, report } = runBoth(
      changes(`
os.close(os.open(path, os.O_WRONLY | os.O_CREAT))
print(there())
fd = os.open(path, os.O_WRONLY)
for _ in range(9): os.write(fd, b"x"); print(there())
os.rename(path, path + "2"); print(there())
os.rename(path + "2", path); print(there())
os.system("rm " + path); print(there())
os.mkdir(path); print(there())
os.rmdir(path); print(there())
`),
      "file",
      "paths,writes",
    );
    expect(fixed).toEqual(plain);
    expect(report.spared).toBeGreaterThan(100);
  });
});

describe("grouped syncs", () => {
  it("are spared while the last is fresh, and made up for at the end", () => {
    const script =
      "import os, sys; fd = os.open(sys.argv[1], 65); [(os.write(fd, b'x'), os.fsync(fd)) for _ in range(31)]";
    const { plain, fixed, report } = runBoth(
      ["python3", "-c", script, join(folder, "own")],
      "file",
      "syncs",
    );
    expect(fixed).toEqual(plain);
    expect(fixed.file).toBe("x".repeat(31));
    expect(report.spared).toBeGreaterThan(0);
    expect(report.lostSyncs).toBe(0);
  });

  it("are made up for before the C library's stream closes the file", () => {
    const script = `
import ctypes, os, sys
c = ctypes.CDLL(None)
c.fopen.restype = ctypes.c_void_p
file = ctypes.c_void_p(c.fopen(sys.argv[1].encode(), b"w"))
for _ in range(5): c.fputs(b"x", file); c.fflush(file); os.fsync(c.fileno(file))
c.fclose(file)`;
    const { plain, fixed, report } = runBoth(
      ["python3", "-c", script, join(folder, "own")],
      "file",
      "syncs",
    );
    expect(plain.file).toBe("xxxxx");
    expect(fixed).toEqual(plain);
    expect(report.spared).toBeGreaterThan(0);
    expect(report).toMatchObject({ lateErrors: 0, lostSyncs: 0 });
  });
});
