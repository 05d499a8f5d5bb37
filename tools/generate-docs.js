// Writes the manual page and the shell completions into docs/, from the built command line.
import { mkdirSync, writeFileSync } from "node:fs";
import { completionScripts, manualPage } from "../packages/cli/dist/index.js";

const docs = new URL("../docs/", import.meta.url);
mkdirSync(new URL("completions/", docs), { recursive: true });
writeFileSync(new URL("crossbill.1", docs), manualPage());
for (const [name, content] of completionScripts()) {
  writeFileSync(new URL(`completions/${name}`, docs), content);
}
