/** Import: what logs of strace and perf trace come to, and that nothing in a log can do harm. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { billSchema } from "./bill/shape.ts";
import { makeBill } from "./bill.ts";
import { decodeByteString } from "./byte-text.ts";
import { RecordingError } from "./errors.ts";
import { machine, prices } from "./fixtures/recordings.ts";
import { LogImport } from "./import-log.ts";
import { parseRecording } from "./read-file.ts";
import type { Recording } from "./recording.ts";

const context = { machine, importedAt: "2026-01-02T03:04:05.000Z", name: "app.log" };

/** As it would be read from a file again. */
function imported(lines: readonly string[]): Recording {
  const log = new LogImport();
  for (const line of lines) log.add(line);
  return parseRecording(JSON.stringify(log.finish(context)));
}

function counts({ lines }: Recording): Record<string, number> {
  const all: Record<string, number> = {};
  for (const { syscall, error, count } of lines) {
    const name = error === null ? syscall : `${syscall} ${error}`;
    all[name] = (all[name] ?? 0) + count;
  }
  return all;
}

const FAMILY = `
100  1795541194.000000 execve("/usr/bin/sh", ["sh", "-c", "ls; true"...], 0x7ffe /* 35 vars */) = 0 <0.000269>
100  1795541194.000100 getpid()        = 100 <0.000020>
100  1795541194.000200 openat(AT_FDCWD</tmp>, "/etc/a) = 7", O_RDONLY) = 3</etc/a) = 7> <0.000042>
100  1795541194.000300 read(3</etc/a) = 7>, "x\\"y) = 1, (", 4096) = 9 <0.000050>
100  1795541194.000400 clone(child_stack=NULL, flags=CLONE_CHILD_SETTID|SIGCHLD <unfinished ...>
101  1795541194.000450 set_robust_list(0x7f29, 24 <unfinished ...>
100  1795541194.000500 <... clone resumed>, child_tidptr=0x7f) = 101 <0.000090>
101  1795541194.000550 <... set_robust_list resumed>) = 0 <0.000020>
100  1795541194.000600 wait4(-1,  <unfinished ...>
101  1795541194.000700 execve("/usr/bin/ls", ["ls"], 0x5 /* 35 vars */) = 0 <0.000300>
101  1795541194.001000 write(1<pipe:[77]>, "a\\nb\\n", 4) = 4 <0.000030>
101  1795541194.001100 ioctl(1<pipe:[77]>, TCGETS, 0x7ffd) = -1 ENOTTY (Inappropriate ioctl for device) <0.000021>
101  1795541194.001200 exit_group(0)   = ?
101  1795541194.001300 +++ exited with 0 +++
100  1795541194.001400 <... wait4 resumed>[{WIFEXITED(s) && WEXITSTATUS(s) == 0}], 0, NULL) = 101 <0.000800>
100  1795541194.001500 --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=101} ---
100  1795541194.001600 rt_sigsuspend([], 8) = ? ERESTARTNOHAND (To be restarted if no handler) <0.000100>
100  1795541194.001800 capget({version=1<<3, pid=0}, NULL) = 0 <0.000020>
100  1795541194.002000 exit_group(7)   = ?
100  1795541194.002000 +++ exited with 7 +++
`;

test("interrupted calls, children, programs and signals of a strace log are put together", () => {
  const recording = imported(FAMILY.split("\n"));
  expect(counts(recording)).toEqual({
    execve: 2,
    getpid: 1,
    openat: 1,
    read: 1,
    clone: 1,
    set_robust_list: 1,
    wait4: 1,
    write: 1,
    "ioctl ENOTTY": 1,
    "rt_sigsuspend ERESTARTNOHAND": 1,
    capget: 1,
  });
  expect(recording.imported).toMatchObject({ from: "strace log", unread: 0 });
  expect(recording.imported?.gaps).toEqual(["faults", "observer", "work-or-waiting"]);
  expect(recording.unfinished).toEqual([{ syscall: "exit_group", count: 2 }]);
  expect(recording.audit).toMatchObject({ entered: 14, left: 12, inFlight: 2, exits: 2 });
  expect(recording.command).toEqual(["sh", "-c", "ls; true..."]);
  expect(recording.exit).toEqual({ code: 7, signal: null });
  expect(recording.elapsedNs).toBe(2_000_000);
  expect(recording.startedAt).toBe("2026-11-24T17:26:34.000Z");
});

test("processes are told apart from execve to execve, with their wall time and waiting", () => {
  const { processes, lines, targets } = imported(FAMILY.split("\n"));
  expect(processes.map(({ pid, ppid, comm, exe }) => [pid, ppid, comm, exe])).toEqual([
    [100, 0, "sh", "/usr/bin/sh"],
    [101, 100, "sh", "/usr/bin/sh"],
    [101, 100, "ls", "/usr/bin/ls"],
  ]);
  expect(processes.map(({ wallNs }) => wallNs)).toEqual([2_000_000, 250_000, 600_000]);
  const wait = lines.find(({ syscall }) => syscall === "wait4");
  expect(wait).toMatchObject({ process: 0, onCpuNs: null, wait: { ioNs: 0, otherNs: 800_000 } });
  const read = lines.find(({ syscall }) => syscall === "read");
  expect(read).toMatchObject({ kind: "file", bytes: 9, requestedBytes: 4096, onCpuNs: 50_000 });
  expect(targets.find(({ id }) => id === read?.target)?.name).toBe("/etc/a) = 7");
  expect(lines.find(({ syscall }) => syscall === "write")).toMatchObject({
    kind: "pipe",
    bytes: 4,
  });
});

test("its bill has what calls took, less what strace added to each, and every part of the wall time", () => {
  const bill = makeBill(imported(FAMILY.split("\n")), prices({ nullSyscallNs: 100 }));
  expect(bill.time).toMatchObject({
    wallNs: 2_850_000 - 12 * 20_000 + 1200,
    boundaryNs: 1200,
    residualNs: 0,
  });
  expect(bill.lines.find(({ syscall }) => syscall === "read")).toMatchObject({
    kernelNs: 30_000,
    intervals: { kernelNs: { low: 0, likely: 30_000, high: 50_000 } },
  });
  expect(bill.time.waitNs).toMatchObject({ child: 780_000, other: 80_000 });
  expect({ findings: bill.findings, setAside: bill.setAside }).toEqual({
    findings: [],
    setAside: [],
  });
  expect(bill.warnings.map(({ code }) => code)).toEqual(["imported"]);
});

test("threads belong to their process, and one that becomes a program takes its first one's place", () => {
  const recording = imported([
    '10 1.0 execve("/bin/a", ["a"], NULL) = 0',
    "10 0.5 clone3({flags=CLONE_VM|CLONE_THREAD, exit_signal=0} => {parent_tid=[11]}, 88) = 11",
    "10 0.5 futex(0x1, FUTEX_WAIT_PRIVATE, 1, NULL <unfinished ...>",
    '11 0.5 execve("/bin/b", ["b"], NULL <unfinished ...>',
    "10 0.5 +++ superseded by execve in pid 11 +++",
    "10 0.5 <... execve resumed>) = 0",
    "10 0.5 getpid() = 10",
    "10 0.5 +++ killed by SIGKILL +++",
  ]);
  expect(recording.processes.map(({ comm, threads }) => [comm, threads])).toEqual([
    ["a", 2],
    ["b", 1],
  ]);
  expect(counts(recording)).toEqual({ execve: 2, clone3: 1, getpid: 1 });
  expect(recording.unfinished).toEqual([{ syscall: "futex", count: 1 }]);
  expect(recording.exit).toEqual({ code: null, signal: "SIGKILL" });
  expect(recording.imported?.gaps).toContain("durations");
});

test.each([
  ["-ttt", "1795541194.5", "1795541195.75", 1_250_000_000],
  ["-tt over midnight", "23:59:59.900000", "00:00:00.100000", 200_000_000],
  ["-t", "10:00:00", "10:00:07", 7_000_000_000],
  ["-r", "     0.000000", "     0.000025", 25_000],
  ["-ttt, back", "1795541194.5", "1795541190.0", 0],
])("times of strace %s", (_, first, second, elapsedNs) => {
  const lines = [`${first} getpid() = 1`, `${second} getpid() = 1`];
  expect(imported(lines).elapsedNs).toBe(elapsedNs);
  expect(imported(lines.map((line) => `[pid   123] ${line}`)).processes[0]?.pid).toBe(123);
});

test.each([
  ["3</tmp/\\303\\251\\377>", "file", "/tmp/\u00e9\udcff"],
  ['3</tmp/a\\74b\\76, \\"c>', "file", '/tmp/a<b>, "c'],
  ["3</tmp/\\33[2J\\n>", "file", "/tmp/\u001b[2J\n"],
  ["3</tmp/x (deleted)>", "file", "/tmp/x"],
  ["3</dev/null<char 1:3>>", "char", "/dev/null"],
  ["3</dev/sda<block 8:0>>", "block", "/dev/sda"],
  ["3<TCP:[127.0.0.1:40112->127.0.0.1:80]>", "tcp", "TCP:[127.0.0.1:40112->127.0.0.1:80]"],
  ['3<UNIX-STREAM:[1->2,"/run/a>b"]>', "unix", 'UNIX-STREAM:[1->2,"/run/a>b"]'],
  ["3<anon_inode:[eventpoll]>", "epoll", "anon_inode:[eventpoll]"],
])("-y's %s is a %s", (descriptor, kind, name) => {
  const recording = imported([`7 read(${descriptor}, "", 10) = 0`]);
  expect(recording.lines).toMatchObject([{ kind, count: 1, requestedBytes: 10 }]);
  expect(recording.targets.map((target) => target.name)).toEqual([name]);
});

const SUMMARY = `some output of the program
% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 60.00    0.000060           0       100        42 openat
 40.00    0.000040           4        16           read
------ ----------- ----------- --------- --------- ----------------
100.00    0.000100           0       116        42 total
`;

test("the table of strace -c is counts, errors and seconds; its boundary is priced in full", () => {
  const recording = imported(SUMMARY.split("\n"));
  expect(counts(recording)).toEqual({ openat: 58, "openat errno_0": 42, read: 16 });
  expect(recording.imported?.gaps).toContain("processes");
  const bill = makeBill(recording, prices({ nullSyscallNs: 100 }));
  expect(bill.time).toMatchObject({ boundaryNs: 11_600, kernelNs: 100_000, residualNs: 0 });
  expect(bill.command).toEqual(["app.log"]);
});

test("behind a log the table of strace -C is not counted again", () => {
  const log = [...FAMILY.split("\n"), ...SUMMARY.split("\n").slice(1)];
  expect(counts(imported(log))).toEqual(counts(imported(FAMILY.split("\n"))));
  expect(imported(log).imported?.unread).toBe(0);
});

const PERF = `
 Summary of events:

 sh (1883), 187 events, 18.8%

   syscall            calls  errors  total       min       avg       max       stddev
                                     (msec)    (msec)    (msec)    (msec)        (%)
   --------------- --------  ------ -------- --------- --------- ---------     ------
   wait4                  5      2    12.359     0.014     2.472     6.063     56.04%
   newfstatat            34     27     0.619     0.013     0.018     0.026      3.32%


 a (b) (9), 1 (1884), 298 events, 30.0%

   syscall            calls  errors  total       min       avg       max       stddev
                                     (msec)    (msec)    (msec)    (msec)        (%)
   --------------- --------  ------ -------- --------- --------- ---------     ------
   mmap                  30      0     0.704     0.017     0.023     0.036      3.87%
`;

test("perf trace -s is a table for each thread, whatever it is called", () => {
  const recording = imported(PERF.split("\n"));
  expect(recording.processes.map(({ comm, pid }) => [comm, pid])).toEqual([
    ["sh", 1883],
    ["a (b) (9), 1", 1884],
  ]);
  expect(counts(recording)).toEqual({
    wait4: 3,
    "wait4 errno_0": 2,
    newfstatat: 7,
    "newfstatat errno_0": 27,
    mmap: 30,
  });
  expect(recording.imported).toMatchObject({ from: "perf trace summary", unread: 0 });
  const bill = makeBill(recording, prices({ nullSyscallNs: 100 }));
  expect(bill.time).toMatchObject({ boundaryNs: 6900, kernelNs: 1_323_000 });
  expect(bill.time.waitNs.child).toBe(12_359_000);
});

test("what strace says beside calls is no line that could not be read", () => {
  const log = [
    "strace: Process 8 attached",
    "[pid     8] getpid() = 8",
    " > /usr/lib/x86_64-linux-gnu/libc.so.6(getpid+0xb) [0xd3c0b]",
    "[ Process PID=8 runs in 32 bit mode. ]",
    "[pid     8] --- stopped by SIGSTOP ---",
  ];
  expect(imported(log)).toMatchObject({ imported: { unread: 0 }, audit: { left: 1 } });
});

test("a file without a call is refused with what to do", () => {
  for (const lines of [[], [""], ["hello", "world"], ["% time seconds calls errors syscall"]]) {
    expect(() => imported(lines)).toThrow(RecordingError);
  }
});

test("lines that cannot be read are counted, and the others are too", () => {
  const broken = [
    '7 read(3, "abc',
    "7 <... write resumed>) = 3",
    "7 getpid() = ",
    "nonsense",
    "7 +++ gone +++",
    "7 getpid() = 7",
  ];
  const recording = imported(broken);
  expect(recording.imported?.unread).toBe(5);
  expect(recording.audit.left).toBe(1);
  const bill = makeBill(recording, prices());
  expect(bill.warnings).toContainEqual({ code: "import-unread", count: 5 });
});

test("a log of any length has a bounded number of lines and loses no call unseen", () => {
  const log = new LogImport();
  const files = 60_007;
  for (let at = 0; at < files; at += 1) log.add(`7 read(3</tmp/${at}>, "", 10) = ${at % 11}`);
  for (let at = 0; at < 70_001; at += 1) log.add(`${at + 1} futex(0x1 <unfinished ...>`);
  const { lines, processes, targets, audit, imported: from, unfinished } = log.finish(context);
  expect(lines.length).toBeLessThanOrEqual(3 * 16_384);
  expect(targets.length).toBeLessThanOrEqual(16_384);
  expect(processes.length).toBeLessThanOrEqual(4096);
  expect(lines.reduce((sum, { count }) => sum + count, 0)).toBe(files);
  expect(audit.left).toBe(files);
  const threads = unfinished.reduce((sum, { count }) => sum + count, 0);
  expect(threads + (from?.unread ?? 0)).toBe(70_001);
});

const pieces = [
  ...[...FAMILY.split("\n"), ...SUMMARY.split("\n"), ...PERF.split("\n")],
  ...[
    '"',
    "<",
    ">",
    "(",
    ")",
    "\\",
    " = ",
    "<unfinished ...>",
    "<... read resumed>",
    " <9999999999.9>",
  ],
  ...[
    "+++ superseded by execve in pid 100 +++",
    "99999999999999999999",
    "read(3</a",
    "\u00ff\u0000",
  ],
];
/** Lines cut anywhere and put together with others. */
const anyLine = fc
  .array(fc.tuple(fc.constantFrom(...pieces), fc.nat(120), fc.nat(120)), { maxLength: 3 })
  .map((parts) =>
    parts.map(([text, from, length]) => text.slice(from % 40, from + length)).join(""),
  );

test("whatever a log holds, it comes to a recording that can be read and billed, or to one error", () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(anyLine, fc.constantFrom(...pieces)), { maxLength: 40 }),
      (log) => {
        let recording: Recording;
        try {
          recording = imported(log);
        } catch (error) {
          expect(error).toBeInstanceOf(RecordingError);
          expect(String(error)).toContain("no call of strace");
          return;
        }
        const bill = makeBill(recording, prices({ nullSyscallNs: 70 }));
        expect(billSchema.safeParse(bill).error).toBeUndefined();
        expect(bill.warnings.map(({ code }) => code)).not.toContain("audit");
      },
    ),
    { numRuns: 400 },
  );
});

test("names in a log are bytes, which come back", () => {
  const name = "\u001b]0;x\u0007<script>\u202e";
  const escaped = [...new TextEncoder().encode(name)]
    .map((byte) => `\\${byte.toString(8)}`)
    .join("");
  const [program] = imported([`7 execve("/bin/${escaped}", ["${escaped}"], NULL) = 0`]).processes;
  expect(program?.exe).toBe(`/bin/${name}`);
  const raw = String.fromCharCode(...new TextEncoder().encode(name));
  expect(imported([`7 read(3</${raw}>, "", 1) = 1`]).targets[0]?.name).toBe(`/${name}`);
  expect(decodeByteString(raw)).toBe(name);
});
