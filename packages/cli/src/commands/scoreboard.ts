/** crossbill scoreboard: what findings predicted beside what trials found. */
import { PermissionError, type Score, scores, trialVerdicts } from "@crossbill/core";
import { loadTrials } from "@crossbill/trial";
import * as flags from "../flags.ts";
import { jsonPieces } from "../json-pieces.ts";
import { standardOutput } from "../output-file.ts";
import { becomeUser, invokingUser, useHomeOf } from "../privilege.ts";
import { formatShare } from "../render/numbers.ts";
import { paintFor } from "../render/paint.ts";
import { wrappedTable } from "../render/wrapped-table.ts";
import { say, wantsColour } from "../terminal.ts";
import { done, type Verb } from "../verb.ts";

export const scoreboard: Verb = {
  name: "scoreboard",
  summary: "show how well findings predicted what trials found",
  description:
    "Every trial made here, replayed or live, by finding: how often it was confirmed; error is how far " +
    "the predicted saving was from the one found, as a share of the elapsed time (median); inside is " +
    "how often what was found lay in the predicted interval. They are kept under XDG_STATE_HOME (or " +
    "~/.local/state).",
  operand: null,
  flags: [flags.jsonFlag],
  examples: [{ command: "crossbill scoreboard", meaning: "can its predictions be trusted here?" }],
  async act(_operands, values) {
    const user = invokingUser();
    useHomeOf(user);
    becomeUser(user);
    const { trials, unreadable, path, why } = loadTrials();
    if (why !== null) throw new PermissionError(`${path} is not used: ${why}`);
    if (unreadable > 0) say(`lines of ${path} that are no trials: ${unreadable}`);
    const rows = scores(trials);
    standardOutput(1).write(
      flags.jsonFlag.read(values) ? jsonPieces({ scores: rows, trials }) : table(rows),
    );
    return done;
  },
};

/** Of `trialVerdicts`, short enough for 80 columns. */
const verdictTitles = ["confirmed", "refuted", "cannot tell", "changed"];

function table(rows: readonly Score[]): string[] {
  if (rows.length === 0) return ["no finding was tried here yet: crossbill try bill.json\n"];
  const titles = ["finding", "trials", ...verdictTitles, "error", "inside"];
  const lines = wrappedTable(
    titles,
    rows.map((row) => [
      row.finding,
      `${row.trials}`,
      ...trialVerdicts.map((verdict) => `${row.verdicts[verdict] ?? 0}`),
      shareText(row.medianErrorShare),
      shareText(row.coveredShare),
    ]),
    paintFor(wantsColour(1)),
  );
  return lines.map((line) => `${line}\n`);
}

function shareText(share: number | null): string {
  return share === null ? "-" : formatShare(share, 1);
}
