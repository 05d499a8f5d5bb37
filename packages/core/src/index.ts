/** @crossbill/core: what every package agrees on. It performs no input or output and reads no clock. */

export { apportion } from "./bill/apportion.ts";
export { lineCost } from "./bill/call-costs.ts";
export { type Grouping, groupLines, type LineGroup } from "./bill/group-lines.ts";
export { selectCalls } from "./bill/select-calls.ts";
export * from "./bill/shape.ts";
export { type BillWarning, describeWarning, warningSchema } from "./bill/warnings.ts";
export { makeBill } from "./bill.ts";
export { checkBudget, type Run, type Runs } from "./budget/judge.ts";
export { type Limit, readLimits } from "./budget/limits.ts";
export * from "./budget/shape.ts";
export { HEADROOM_DEFAULT, updateBudget } from "./budget/update.ts";
export { decodeByteString, decodeBytes, encodeBytes } from "./byte-text.ts";
export { parseRule, type Rule } from "./diff/rule.ts";
export * from "./diff/shape.ts";
export { diffBills } from "./diff.ts";
export { errnoName, signalName, signalNumber } from "./errno.ts";
export * from "./errors.ts";
export {
  billValues,
  type CallValues,
  type ValueName,
  valueNames,
} from "./exports/call-values.ts";
export type { ExportFormat, ExportOptions } from "./exports/export-format.ts";
export { exportFormats } from "./exports.ts";
export { fileSystemName } from "./file-systems.ts";
export { type CallSite, callSites } from "./findings/call-sites.ts";
export { Evidence } from "./findings/evidence.ts";
export type { Finding, FindingRule, LeaveRule, SetAside } from "./findings/finding.ts";
export {
  type Advice,
  advise,
  CHANCE_NS,
  findingRules,
  LEAST_SHARE,
  leaveRules,
} from "./findings.ts";
export {
  type CostOf,
  type FitPoint,
  fitLinear,
  type LinearFit,
  median,
  predictCost,
} from "./fit.ts";
export { type ImportContext, LogImport } from "./import-log.ts";
export { importFormats } from "./imports/gaps.ts";
export { jsonSchemas } from "./json-schemas.ts";
export * from "./lab-report.ts";
export * from "./machine.ts";
export { code, escapeMarkdown } from "./markdown.ts";
export { markdownTable, type ReportTable } from "./markdown-table.ts";
export { nearestName } from "./nearest-name.ts";
export {
  FEWEST_PAIRS,
  pairedRatio,
  savedShares,
  type TimedPair,
} from "./paired-ratio.ts";
export * from "./prices.ts";
export { displayWidth, type PrintableOptions, printable } from "./printable.ts";
export { type ProcessNames, processNames } from "./process-names.ts";
export { type QuantityUnit, quantityNames } from "./quantity.ts";
export { randomNumbers, shuffled } from "./random-order.ts";
export {
  type LabReportOrPrices,
  parseBill,
  parseBudget,
  parseLabReport,
  parseLabReportOrPrices,
  parsePrices,
  parseRecording,
  parseRecordingOrBill,
  parseTrial,
  type RecordingOrBill,
} from "./read-file.ts";
export * from "./recording.ts";
export { type Score, scores } from "./scoreboard.ts";
export * from "./statistics.ts";
export * from "./syscalls.ts";
export { targetName } from "./target-name.ts";
export { parseTraceExpression, type SyscallSelection } from "./trace-expression.ts";
export * from "./trial.ts";
export { type Judgement, judge, type TrialEvidence } from "./trial-verdict.ts";
export { uringOpcodeName } from "./uring-opcodes.ts";
export { type WaitReason, waitReason, waitReasons } from "./wait-reason.ts";
