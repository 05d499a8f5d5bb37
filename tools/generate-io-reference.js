// Writes docs/io.md, the reference of @crossbill/io, from the declarations that its build makes
// (packages/io/dist/*.d.ts): what index.ts exports, in its order, with its docstrings. With --check it
// only says whether the page is current.
//
// Usage: npx tsc -b packages/io && node tools/generate-io-reference.js [--check]
import { readFileSync, writeFileSync } from "node:fs";

const page = new URL("../docs/io.md", import.meta.url);
const declarations = new URL("../packages/io/dist/", import.meta.url);
const read = (module) =>
  readFileSync(new URL(module.replace(/\.ts$/, ".d.ts"), declarations), "utf8");

/** Brackets opened and not closed. */
const openIn = (text) => text.split(/[({[]/).length - text.split(/[)}\]]/).length;

/** The lines of a docstring without its stars. */
const docLines = (comment) =>
  comment
    .replace(/^\s*\/\*\*|\*\/\s*$/g, "")
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, "").trim());

/** Declarations, or the members of one, each with its docstring: the compiler writes one after another. */
function declared(lines) {
  const found = [];
  let comment = null;
  for (let at = 0; at < lines.length; at++) {
    let text = lines[at];
    const isComment = text.startsWith("/**");
    const isWhole = () =>
      isComment ? text.endsWith("*/") : openIn(text) === 0 && /[;}]$/.test(text);
    while (!isWhole() && at + 1 < lines.length) text += `\n${lines[++at]}`;
    if (isComment) comment = docLines(text);
    else if (/^\w|^\[|^"/.test(text)) {
      found.push({ doc: comment, code: text.replace(/^export (declare )?/, "") });
      comment = null;
    }
  }
  return found;
}

const nameOf = (code) =>
  /^(?:(?:abstract|readonly|get|set|static|function|class|interface|type|const|protected) )*(\[[\w.]+\]|\w+)/.exec(
    code,
  )?.[1];

/** Docstrings stand on the first of several signatures. */
function grouped(entries) {
  const groups = [];
  for (const { doc, code } of entries) {
    const last = groups.at(-1);
    if (last !== undefined && doc === null && nameOf(code) === last.name) last.codes.push(code);
    else groups.push({ name: nameOf(code), doc, codes: [code] });
  }
  return groups;
}

/** Running text and its tags: [["", text], ["@param", text], ...]. */
function tagged(doc) {
  const parts = [["", []]];
  for (const line of doc ?? []) {
    const [, tag, rest] = /^(@\w+)\s*(.*)$/.exec(line) ?? [];
    if (tag === undefined) parts.at(-1)[1].push(line);
    else parts.push([tag, [rest]]);
  }
  return parts.map(([tag, lines]) => [tag, lines.join("\n").trim()]);
}

const paragraph = (text) => text.replace(/([^\n])\n(?!\n)/g, "$1 ");

const tagTexts = {
  "": (text) => text,
  "@param": (text) => `- \`${text.split(" ")[0]}\`: ${text.replace(/^\w+\s*(- )?/, "")}`,
  "@returns": (text) => `Returns: ${text}`,
  "@throws": (text) => `Throws: ${text}`,
};

function documented(doc) {
  const parts = tagged(doc).filter(([, text]) => text !== "");
  return parts.map(([tag, text]) => {
    const write = tagTexts[tag];
    if (write === undefined) throw new Error(`the reference does not know ${tag}`);
    return paragraph(write(text));
  });
}

const fenced = (text) => `\`\`\`ts\n${text}\n\`\`\``;

/** Made by functions of the library alone, and what is of no one's concern. */
const isInternal = ({ name, doc }) =>
  name === undefined || (name === "constructor" && /^For `/.test(doc?.join("") ?? ""));

/** A class or an interface: what it is, then its members. */
function block({ code, doc }) {
  const [header, ...rest] = code.split("\n");
  const inner = rest.slice(0, -1).map((line) => line.replace(/^ {4}/, ""));
  const members = grouped(declared(inner)).filter((member) => !isInternal(member));
  const title = header.replace(/ \{$/, "");
  const lists = members.filter(({ codes }) => !/^(protected|private) /.test(codes[0]));
  return [
    fenced(title),
    ...documented(doc),
    ...lists.map(({ doc: told, codes }) => {
      const signatures = codes.map(
        (one) => `\`${one.replace(/;$/, "").replace(/\s*\n\s*/g, " ")}\``,
      );
      const said = documented(told)
        .join("\n\n")
        .replace(/\n(?!\n)/g, "\n  ");
      return `- ${signatures.join("<br>\n  ")}${said === "" ? "" : `<br>\n  ${said}`}`;
    }),
  ];
}

/** A type that names another of its module by `typeof`, with that one. */
function withConstants(code, entries) {
  const name = /typeof (\w+)/.exec(code)?.[1];
  const constant = entries.find((entry) => name !== undefined && nameOf(entry.code) === name);
  return constant === undefined ? code : `${constant.code}\n${code}`;
}

function section(name, module) {
  const entries = declared(read(module).split("\n"));
  const group = grouped(entries).find((one) => one.name === name);
  if (group === undefined || group.doc === null)
    throw new Error(`${module} has no docstring of ${name}`);
  const { codes, doc } = group;
  const body = /^(abstract )?(class|interface) /.test(codes[0])
    ? block({ code: codes[0], doc })
    : [fenced(codes.map((code) => withConstants(code, entries)).join("\n")), ...documented(doc)];
  return {
    isFunction: codes[0].startsWith("function "),
    text: [`### ${name}`, ...body].join("\n\n"),
  };
}

function reference() {
  const exported = [
    ...read("index.ts").matchAll(/export (?:type )?\{([^}]*)\} from "\.\/([^"]+)"/g),
  ];
  const sections = exported.flatMap(([, names, module]) =>
    [...names.matchAll(/(?:type )?(\w+)(?=,|\s*$)/g)].map(([, name]) => section(name, module)),
  );
  const texts = (isFunction) =>
    sections.filter((one) => one.isFunction === isFunction).map(({ text }) => text);
  return `${[
    "# Reference of @crossbill/io",
    "Made from the sources by `tools/generate-io-reference.js`. What it is for, examples and limits: " +
      "[README](../packages/io/README.md).",
    "## Functions",
    ...texts(true),
    "## Classes and types",
    ...texts(false),
  ].join("\n\n")}\n`;
}

const made = reference();
if (process.argv[2] !== "--check") writeFileSync(page, made);
else if (readFileSync(page, "utf8") !== made) {
  console.error(
    "docs/io.md is not current: npx tsc -b packages/io && node tools/generate-io-reference.js",
  );
  process.exitCode = 1;
}
