/** pairs: real programs and the same programs used well; and the golden programs of examples/. */
import { closeSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { goldenCodes, goldenPair } from "../../examples/golden/programs.js";

/** Text that compresses and sorts like text: numbered lines, always the same. */
function writeText(file, bytes) {
  const handle = openSync(file, "w");
  let written = 0;
  for (let line = 0; written < bytes; line += 1000) {
    const lines = Array.from(
      { length: 1000 },
      (_, at) => `${((line + at) * 7919) % 1000003} words\n`,
    );
    written += writeSync(handle, lines.join(""));
  }
  closeSync(handle);
}

const sh = (script) => ["bash", "-c", script];
const readsAndWrites = ["small-reads", "small-writes", "copy-loop"];

/** `codes`: the findings that the change follows, of which the bill's are added up; none: no advice. */
export const realPairs = [
  ...["1", "16", "512", "4096"].map((size) => ({
    name: `dd bs=${size}`,
    codes: readsAndWrites,
    set: (folder) => writeText(join(folder, "in"), Math.min(64e6, Number(size) * 300_000)),
    wasteful: ["dd", "if=in", "of=out", `bs=${size}`, "status=none"],
    fixed: ["dd", "if=in", "of=out", "bs=64K", "status=none"],
  })),
  {
    name: "cat, a process for each file",
    codes: ["process-storm"],
    set(folder) {
      for (let file = 0; file < 400; file++) writeText(join(folder, `part${file}`), 1000);
    },
    wasteful: sh("for f in part*; do cat $f; done > out"),
    fixed: sh("cat part* > out"),
  },
  {
    name: "cat against dd bs=128K",
    codes: [],
    set: (folder) => writeText(join(folder, "in"), 200e6),
    wasteful: sh("cat in > out"),
    fixed: ["dd", "if=in", "of=out", "bs=128K", "status=none"],
  },
  {
    name: "tar -b1",
    codes: readsAndWrites,
    set: (folder) => writeText(join(folder, "in"), 100e6),
    wasteful: ["tar", "-b1", "-cf", "out", "in"],
    fixed: ["tar", "-b128", "-cf", "out", "in"],
  },
  {
    name: "sqlite3, autocommit",
    codes: ["sync-per-record"],
    set(folder) {
      const rows = Array.from({ length: 400 }, (_, at) => `INSERT INTO t VALUES(${at});\n`).join(
        "",
      );
      writeFileSync(join(folder, "slow.sql"), `CREATE TABLE IF NOT EXISTS t(a);\n${rows}`);
      writeFileSync(
        join(folder, "fast.sql"),
        `CREATE TABLE IF NOT EXISTS t(a);\nBEGIN;\n${rows}COMMIT;\n`,
      );
    },
    wasteful: sh("rm -f db; sqlite3 db < slow.sql"),
    fixed: sh("rm -f db; sqlite3 db < fast.sql"),
  },
  {
    name: "python3 -u",
    codes: ["small-writes"],
    set: () => undefined,
    wasteful: sh('python3 -u -c "for i in range(200000): print(i)" > out'),
    fixed: sh('env -u PYTHONUNBUFFERED python3 -c "for i in range(200000): print(i)" > out'),
  },
  {
    name: "cp, a process for each file",
    codes: ["process-storm"],
    set(folder) {
      for (let file = 0; file < 300; file++) writeText(join(folder, `part${file}`), 1000);
    },
    wasteful: sh("mkdir -p to; for f in part*; do cp $f to/; done"),
    fixed: sh("mkdir -p to; cp part* to/"),
  },
  {
    name: "sort, read through dd bs=1",
    codes: readsAndWrites,
    set: (folder) => writeText(join(folder, "in"), 1e6),
    wasteful: sh("dd if=in bs=1 status=none | sort > out"),
    fixed: sh("dd if=in bs=64K status=none | sort > out"),
  },
  {
    name: "gzip, a process for each file",
    codes: ["process-storm"],
    set(folder) {
      for (let file = 0; file < 300; file++) writeText(join(folder, `part${file}`), 1000);
    },
    wasteful: sh("for f in part*; do gzip -c $f; done > out"),
    fixed: sh("gzip -c part* > out"),
  },
  {
    name: "gzip of one file, nothing to gain",
    codes: [],
    set: (folder) => writeText(join(folder, "in"), 10e6),
    wasteful: ["gzip", "-kf", "in"],
    fixed: sh("gzip -c < in > out"),
  },
];

/** The golden pairs that `isChosen` by name, compiled into `build`. */
export function goldenPairs(build, isChosen) {
  const codes = goldenCodes().filter((code) => isChosen(code));
  return codes.map((code) => ({
    name: code,
    codes: [code],
    set: () => undefined,
    ...goldenPair(code, build),
  }));
}
