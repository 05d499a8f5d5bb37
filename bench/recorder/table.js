/** table: the figures of all rounds as Markdown and as plain data. */
import { median } from "./workload.js";

/** Median, least and most of the values. */
export function spread(values) {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/**
 * Figures of one observer. Differences and ratios are taken round by round, so that what slowed a whole
 * round cancels, and only then is the median taken.
 */
export function figures(runs, nothing, floor) {
  const rounds = [...runs.keys()].filter((round) => nothing.has(round));
  const added = (of, round) => of.get(round) - nothing.get(round);
  const ratios = rounds
    .filter((round) => floor?.has(round) && added(floor, round) > 0)
    .map((round) => added(runs, round) / added(floor, round));
  return {
    rounds: rounds.length,
    nsPerCall: spread(rounds.map((round) => runs.get(round))),
    addedNs: spread(rounds.map((round) => added(runs, round))),
    slowdown: median(rounds.map((round) => runs.get(round) / nothing.get(round))),
    timesFloor: ratios.length > 0 ? median(ratios) : null,
  };
}

const number = (value) =>
  Math.abs(value) >= 1000 ? Math.round(value).toLocaleString("en-US") : value.toFixed(0);
const range = ({ median: middle, min, max }) =>
  `${number(middle)} (${number(min)} to ${number(max)})`;

function row(name, result) {
  if (result.why !== undefined) return `| ${name} | ${result.why} | | | |`;
  const { nsPerCall, addedNs, slowdown, timesFloor } = result;
  const times = timesFloor === null ? "" : `${timesFloor.toFixed(2)} x`;
  const cells = [range(nsPerCall), range(addedNs), `${slowdown.toFixed(2)} x`, times];
  return `| ${name} | ${cells.join(" | ")} |`;
}

/** One table: observers by name, each with figures or a reason why there are none. */
export function markdown(title, results) {
  return [
    `### ${title}`,
    "",
    "| observer | ns per call | added ns | slowdown | added, of the floor |",
    "|---|---|---|---|---|",
    ...Object.entries(results).map(([name, result]) => row(name, result)),
    "",
  ].join("\n");
}
