/** table: the figures as Markdown. */

function number(value) {
  if (Number.isNaN(value)) return "";
  if (value >= 1000) return Math.round(value).toLocaleString("en");
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);
}

const table = (head, rows) =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

function wayCells({ label, missing, ns, cpuNs, peerCpuNs }, unit) {
  if (missing !== undefined) return [label, `not measured: ${missing}`, "", ""];
  const shown = (value) => number(value / unit.ns);
  const peer = peerCpuNs > 0 ? ` + ${shown(peerCpuNs)}` : "";
  return [label, shown(ns.median), `${shown(ns.least)} to ${shown(ns.most)}`, shown(cpuNs) + peer];
}

const sign = { faster: "≥", slower: "≤" };

/** Holds when the whole interval does, is missed when none of it does. */
function verdictOf({ aim, form, ratio }) {
  if (aim === null) return "";
  const reaches = (value) => (form === "faster" ? value >= aim : value <= aim);
  const ends = [ratio.low, ratio.high].map(reaches);
  if (ends.every(Boolean)) return "holds";
  if (!ends.some(Boolean)) return "missed";
  return reaches(ratio.likely) ? "holds by the median" : "missed by the median";
}

function aimCells({ ours, against, aim, form, ratio }) {
  const asked = aim === null ? "" : `${sign[form]} ${aim} x`;
  const what =
    form === "faster"
      ? `${ours}, times as fast as ${against}`
      : `${ours}, times as long as ${against}`;
  if (ratio === null) return [what, asked, "not measured", "", ""];
  const { low, likely, high } = ratio;
  const range = `${number(low)} to ${number(high)}`;
  return [what, asked, `${number(likely)} x`, range, verdictOf({ aim, form, ratio })];
}

/** One row: its ways, and what was reached. */
export function rowTable({ name, title, unit, ways, aims }) {
  const head = ["way", unit.name, "least to most", "CPU"];
  const times = table(
    head,
    ways.map((way) => wayCells(way, unit)),
  );
  const goals = table(["ratio", "aim", "reached", "interval", ""], aims.map(aimCells));
  return `## ${title} (${name})\n\n${times}\n\n${goals}\n`;
}

/** All aims in one table. */
export function summaryTable(results) {
  const rows = results.flatMap(({ name, aims }) =>
    aims.filter(({ aim }) => aim !== null).map((aim) => [name, ...aimCells(aim)]),
  );
  return `## Aims\n\n${table(["row", "ratio", "aim", "reached", "interval", ""], rows)}`;
}

const MEBIBYTE = 2 ** 20;

function inspectedCells(name, { label, inspected }) {
  if (inspected.missing !== undefined)
    return [name, label, `not seen: ${inspected.missing}`, "", "", ""];
  const { calls, faults, turnNs, extraBytes } = inspected;
  const memory = `${number(extraBytes / MEBIBYTE)} MiB`;
  const counts = [calls, faults].map((count) => count.toLocaleString("en"));
  return [name, label, ...counts, `${number(turnNs / 1e6)} ms`, memory];
}

/** What the ways did beside taking time. */
export function inspectionTable(results) {
  const head = [
    "row",
    "way",
    "system calls",
    "page faults",
    "longest turn",
    "memory beyond the caller's",
  ];
  const rows = results.flatMap(({ name, ways }) =>
    ways.filter(({ inspected }) => inspected !== undefined).map((way) => inspectedCells(name, way)),
  );
  return `## Crossings, turns of the event loop, memory\n\n${table(head, rows)}`;
}
