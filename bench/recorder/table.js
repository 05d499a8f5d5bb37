/** table: the figures of all rounds as Markdown and as plain data. */
import { median } from "./workload.js";

/** Median, least and most of the values. */
export function spread(values) {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/**
 * Figures of one observer, from `ns` per call and the share of calls `lost` by round. Differences and
 * ratios are taken round by round, so that what slowed a whole round cancels, and only then is the median
 * taken. `floor` and `crossbill` are the runs to compare with, undefined where there are none.
 */
export function figures(runs, { nothing, floor, crossbill }) {
  const rounds = [...runs.keys()].filter((round) => nothing.has(round));
  const added = (of, round) => of.get(round).ns - nothing.get(round).ns;
  const timesOf = (reference) => {
    const ratios = rounds
      .filter((round) => reference?.has(round) && added(reference, round) > 0)
      .map((round) => added(runs, round) / added(reference, round));
    return ratios.length > 0 ? median(ratios) : null;
  };
  return {
    rounds: rounds.length,
    nsPerCall: spread(rounds.map((round) => runs.get(round).ns)),
    addedNs: spread(rounds.map((round) => added(runs, round))),
    slowdown: median(rounds.map((round) => runs.get(round).ns / nothing.get(round).ns)),
    timesFloor: timesOf(floor),
    timesCrossbill: timesOf(crossbill),
    lostShare: spread(rounds.map((round) => runs.get(round).lost)),
  };
}

const number = (value) =>
  Math.abs(value) >= 1000 ? Math.round(value).toLocaleString("en-US") : value.toFixed(0);
const percent = (share) => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
const range = ({ median: middle, min, max }) =>
  `${number(middle)} (${number(min)} to ${number(max)})`;

const times = (ratio) => (ratio === null ? "" : `${ratio.toFixed(ratio < 10 ? 2 : 0)} x`);

function row(name, result) {
  if (result.why !== undefined) return `| ${name} | ${result.why} | | | | |`;
  const { nsPerCall, addedNs, slowdown, timesFloor, timesCrossbill, lostShare } = result;
  const ratios = [slowdown, timesFloor, timesCrossbill].map(times);
  const cells = [range(nsPerCall), range(addedNs), ...ratios];
  if (lostShare.max === 0) return `| ${name} | ${cells.join(" | ")} |`;
  // A call that is not recorded costs less: what was measured is the least it can be.
  const bounds = cells.map((cell) => (cell === "" ? "" : `>= ${cell}`));
  return `| ${name}, lost ${percent(lostShare.median)} of the calls | ${bounds.join(" | ")} |`;
}

/** One table: observers by name, each with figures or a reason why there are none. */
export function markdown(title, results) {
  return [
    `### ${title}`,
    "",
    "| observer | ns per call | added ns | slowdown | added, of the floor | added, of crossbill |",
    "|---|---|---|---|---|---|",
    ...Object.entries(results).map(([name, result]) => row(name, result)),
    "",
  ].join("\n");
}
