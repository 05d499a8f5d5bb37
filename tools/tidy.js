/**
 * tidy: style as a test. Prints one line for each finding, with what to do instead, and fails if
 * there is any.
 *
 * Usage: node tools/tidy.js [FOLDER]   (a git working tree; this one by default)
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";

const FILE_LINES_MAX = 400;
const LINE_COLUMNS_MAX = 120;
const TAB_COLUMNS = 8;
const BLOB_BYTES_MAX = 256 * 1024;
/** As git does it: a file with a NUL byte among its first 8,000 is binary. */
const BINARY_PROBE_BYTES = 8000;

/** Which of our packages a package may import: one way only. */
const mayImport = {
  core: [],
  io: [],
  recorder: ["core"],
  native: ["core"],
  lab: ["recorder", "native", "core"],
  trial: ["lab", "native", "recorder", "core"],
  cli: ["trial", "lab", "recorder", "core"],
};
const packageNames = new Map([
  ["@crossbill/core", "core"],
  ["@crossbill/io", "io"],
  ["@crossbill/recorder", "recorder"],
  ["@crossbill/native", "native"],
  ["@crossbill/lab", "lab"],
  ["@crossbill/trial", "trial"],
  ["crossbill", "cli"],
]);

/** Made by a tool, or taken over unchanged: nobody edits their lines. */
const generated = [/\.lskel\.h$/, /^packages\/core\/src\/tables\//, /\/include\/bpf\//];
/** These two must spell out what they look for. */
const spellsItOut = new Set(["tools/tidy.js", "tests/unit/tidy.test.ts"]);

const isSource = (name) => /\.(ts|js|c|h)$/.test(name);
const isMeasured = (name) => /\.(ts|c|h)$/.test(name);
const isTest = (name) => /\.test\.ts$|^tests\//.test(name);
const isGenerated = (name) => generated.some((pattern) => pattern.test(name));

/** Each rule gets a file and returns findings, as text or as [line, text]. */
const rules = [
  drawerNames,
  tooManyLines,
  tooManyColumns,
  importDirection,
  missingPurpose,
  leftovers,
  headings,
  largeBlobs,
  developersPaths,
];

/** A name that says nothing attracts everything. */
function drawerNames({ name }) {
  const parts = name.split("/").map((part) => part.replace(/\..*$/, ""));
  const drawer = parts.find((part) =>
    /^(utils?|helpers?|common|misc|types|constants)$/i.test(part),
  );
  if (drawer === undefined) return [];
  return [
    `"${drawer}" says nothing; name the file after the thing in it, or move it to its only user`,
  ];
}

function tooManyLines({ name, lines }) {
  if (!isMeasured(name) || isGenerated(name)) return [];
  const count = lines.at(-1) === "" ? lines.length - 1 : lines.length;
  if (count <= FILE_LINES_MAX) return [];
  return [`${count} lines, more than ${FILE_LINES_MAX}; find the second idea and give it a file`];
}

function tooManyColumns({ name, lines }) {
  if (!isSource(name) || isGenerated(name)) return [];
  return lines.flatMap((line, index) => {
    const columns = line.replaceAll("\t", " ".repeat(TAB_COLUMNS)).length;
    if (columns <= LINE_COLUMNS_MAX) return [];
    return [[index + 1, `${columns} columns, more than ${LINE_COLUMNS_MAX}; break the line`]];
  });
}

function importDirection({ name, text, lineAt }) {
  const [, own] = /^packages\/([^/]+)\/src\/.*\.ts$/.exec(name) ?? [];
  if (own === undefined) return [];
  const imports = text.matchAll(/(?:\bfrom|^import|\bimport\()\s*"([^"]+)"/gm);
  return [...imports].flatMap((match) => {
    const wrong = wrongImport(name, own, match[1]);
    return wrong === null ? [] : [[lineAt(match.index), wrong]];
  });
}

/** What is wrong with `own` importing `target`, or null. */
function wrongImport(name, own, target) {
  if (target.startsWith(".")) {
    const file = path.posix.join(path.posix.dirname(name), target);
    // Tests may look at what lies outside the packages, such as docs/.
    if (file.startsWith(`packages/${own}/`) || isTest(name)) return null;
    return `${target} leaves the package; import another package by its name`;
  }
  if (target.startsWith("node:") && own === "core" && !isTest(name)) {
    return `core runs anywhere, so not ${target}; take the value as an argument, or do it in lab or cli`;
  }
  const other = packageNames.get(
    target
      .split("/")
      .slice(0, target[0] === "@" ? 2 : 1)
      .join("/"),
  );
  if (other === undefined || other === own) return null;
  const allowed = mayImport[own] ?? [];
  if (allowed.includes(other)) return null;
  const may = allowed.length === 0 ? "none of our packages" : allowed.join(", ");
  return `${own} may import ${may}, not ${other}; move what both need down, or pass it in`;
}

function missingPurpose({ name, lines }) {
  if (!/^packages\/.*\.(ts|c|h)$/.test(name) || isTest(name) || isGenerated(name)) return [];
  if (/^\s*(\/\*|\/\/)/.test(lines[0] ?? "")) return [];
  return [[1, "the first line is no comment; say in one sentence what the file is"]];
}

const unfinished = [
  [/\b(TODO|FIXME|XXX)\b/, "do it now, or open an issue and say here what the code does not do"],
  [/\b(it|test|describe)(\.\w+)*\.only\(/, "the other tests would not run; take .only away"],
  [/\b(it|test)\.todo\b/, "write the test, or leave it out"],
];

function leftovers({ name, lines, isBinary }) {
  if (isBinary || spellsItOut.has(name) || isGenerated(name)) return [];
  return lines.flatMap((line, index) =>
    unfinished.flatMap(([pattern, instead]) => {
      const found = pattern.exec(line);
      return found === null ? [] : [[index + 1, `${found[0]}: ${instead}`]];
    }),
  );
}

function headings({ name, lines }) {
  if (!name.endsWith(".md")) return [];
  let isCode = false;
  const titles = [];
  for (const [index, line] of lines.entries()) {
    if (/^\s*(```|~~~)/.test(line)) isCode = !isCode;
    else if (!isCode && /^# /.test(line)) titles.push(index + 1);
  }
  return titles
    .slice(1)
    .map((line) => [
      line,
      "a page has one title (#); make this a section (##) or a page of its own",
    ]);
}

function largeBlobs({ isBinary, bytes }) {
  if (!isBinary || bytes <= BLOB_BYTES_MAX) return [];
  return [
    `${Math.ceil(bytes / 1024)} KiB of binary; commit what makes it, and make it when needed`,
  ];
}

function developersPaths({ name, lines, isBinary, root }) {
  if (isBinary || spellsItOut.has(name) || isGenerated(name)) return [];
  const homes = /(?<![\w.$}-])\/(home|Users)\/\w+/;
  return lines.flatMap((line, index) => {
    const found = homes.exec(line)?.[0] ?? (mentions(line, root) ? root : null);
    if (found === null) return [];
    return [[index + 1, `${found} is one machine's path; write it relative to the repository`]];
  });
}

/** Only a root of some depth: "/src" would be found in half of all sentences. */
function mentions(line, root) {
  if (root.split("/").length < 3) return false;
  const at = line.indexOf(root);
  return at >= 0 && !/[\w.-]/.test(line[at - 1] ?? "");
}

/** All findings for one file, as lines to print. */
function inspect(root, name) {
  let content;
  try {
    content = readFileSync(path.join(root, name));
  } catch (error) {
    if (error.code === "ENOENT" || error.code === "EISDIR") return []; // Deleted, or a submodule.
    throw error;
  }
  const isBinary = content.subarray(0, BINARY_PROBE_BYTES).includes(0);
  const text = isBinary ? "" : content.toString("utf8");
  const lineAt = (index) => text.slice(0, index).split("\n").length;
  const file = {
    root,
    name,
    isBinary,
    bytes: content.length,
    text,
    lines: text.split("\n"),
    lineAt,
  };
  return rules.flatMap((rule) =>
    rule(file).map((found) =>
      typeof found === "string" ? `${name}: ${found}` : `${name}:${found[0]}: ${found[1]}`,
    ),
  );
}

function main() {
  const root = path.resolve(process.argv[2] ?? path.join(import.meta.dirname, ".."));
  const listed = execFileSync("git", ["ls-files", "-z", "-co", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64 << 20,
  });
  const names = [...new Set(listed.split("\0"))].filter((name) => name !== "");
  const findings = names.flatMap((name) => inspect(root, name));
  for (const finding of findings) console.log(finding);
  if (findings.length > 0) {
    console.error(`tidy: ${findings.length} findings in ${names.length} files`);
    process.exitCode = 1;
  }
}

main();
