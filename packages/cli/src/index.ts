/** crossbill's command line as a library: for the documents made from it, and for tests. */
export { completionScripts } from "./generate/completions.ts";
export { errorsPage } from "./generate/errors.ts";
export { exportsPage } from "./generate/exports-page.ts";
export { findingsPage } from "./generate/findings-page.ts";
export { labPages } from "./generate/lab-pages.ts";
export { manualPage } from "./generate/man.ts";
export { main } from "./main.ts";
export { buildProgram, verbs } from "./program.ts";
export { renderBill } from "./render/bill.ts";
export { labPage } from "./render/lab-page.ts";
