/** JSON Schemas: what our files look like, for tools that do not use this package. */
import { z } from "zod";
import { BILL_SCHEMA, billSchema } from "./bill/shape.ts";
import { BUDGET_SCHEMA, budgetSchema, CHECK_SCHEMA, checkSchema } from "./budget/shape.ts";
import { DIFF_SCHEMA, diffSchema } from "./diff/shape.ts";
import { LAB_SCHEMA, labReportSchema } from "./lab-report.ts";
import { PRICES_SCHEMA, pricesSchema } from "./prices.ts";
import { RECORDING_SCHEMA, recordingSchema } from "./recording.ts";
import { TRIAL_SCHEMA, trialSchema } from "./trial.ts";

const published = {
  recording: { title: RECORDING_SCHEMA, schema: recordingSchema },
  bill: { title: BILL_SCHEMA, schema: billSchema },
  lab: { title: LAB_SCHEMA, schema: labReportSchema },
  prices: { title: PRICES_SCHEMA, schema: pricesSchema },
  diff: { title: DIFF_SCHEMA, schema: diffSchema },
  budget: { title: BUDGET_SCHEMA, schema: budgetSchema },
  check: { title: CHECK_SCHEMA, schema: checkSchema },
  trial: { title: TRIAL_SCHEMA, schema: trialSchema },
};

/** By file name without ending; draft 2020-12. Unknown keys are allowed: newer versions add some. */
export function jsonSchemas(): Record<string, object> {
  return Object.fromEntries(
    Object.entries(published).map(([name, { title, schema }]) => [
      name,
      { title, ...z.toJSONSchema(schema, { io: "input", reused: "ref" }) },
    ]),
  );
}
