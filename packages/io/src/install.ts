/**
 * install: run by npm when the package has been installed. Compiles the native part where the one
 * that is shipped does not fit. It never fails: without a native part node:fs does the work.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { compileNative } from "./compile.ts";
import { nativePlace, nativeState } from "./native.ts";

const sources = fileURLToPath(new URL("../native", import.meta.url));
const state = nativeState();
if (state.functions === null && process.platform === "linux" && existsSync(sources)) {
  const failure = compileNative(sources, nativePlace());
  if (failure !== null)
    console.warn(
      `@crossbill/io: node:fs will do the work, as ${state.reason}, and none can be compiled here: ` +
        `${failure}. For the faster way install gcc and run: npm rebuild @crossbill/io`,
    );
}
