// Writes the manual page, the shell completions, the pages of the lab, of findings, exports and errors into
// docs/, from the built command line and the sources of core.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import {
  completionScripts,
  errorsPage,
  exportsPage,
  findingsPage,
  labPages,
  manualPage,
} from "../packages/cli/dist/index.js";

const docs = new URL("../docs/", import.meta.url);
mkdirSync(new URL("completions/", docs), { recursive: true });
writeFileSync(new URL("crossbill.1", docs), manualPage());
writeFileSync(new URL("findings.md", docs), findingsPage());
writeFileSync(new URL("exports.md", docs), exportsPage());
for (const [name, content] of completionScripts()) {
  writeFileSync(new URL(`completions/${name}`, docs), content);
}

// A topic that is gone takes its page with it.
rmSync(new URL("lab/", docs), { recursive: true, force: true });
mkdirSync(new URL("lab/", docs));
for (const [name, content] of labPages()) writeFileSync(new URL(`lab/${name}`, docs), content);

const core = new URL("../packages/core/src/", import.meta.url);
const source = (name) => readFileSync(new URL(name, core), "utf8");
writeFileSync(
  new URL("errors.md", docs),
  errorsPage(source("errors.ts"), source("bill/warnings.ts")),
);
