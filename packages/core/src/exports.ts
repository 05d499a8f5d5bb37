/** Exports: every format that a bill can be written in for other tools. */
import { chrome } from "./exports/chrome.ts";
import { collapsed } from "./exports/collapsed.ts";
import { csv } from "./exports/csv.ts";
import type { ExportFormat } from "./exports/export-format.ts";
import { markdown } from "./exports/markdown.ts";
import { pprof } from "./exports/pprof.ts";
import { prometheus } from "./exports/prometheus.ts";
import { speedscope } from "./exports/speedscope.ts";

export const exportFormats: readonly ExportFormat[] = [
  pprof,
  speedscope,
  collapsed,
  chrome,
  prometheus,
  markdown,
  csv,
];
