/** measure-program: where the program that does the measuring is. */
import { accessSync, constants } from "node:fs";
import { fileURLToPath } from "node:url";
import { UnsupportedError } from "@crossbill/core";

/**
 * Path of crossbill-measure, the same from src/ and from dist/.
 * @throws UnsupportedError when it has not been built.
 */
export function measureProgram(): string {
  const path = fileURLToPath(new URL("../build/crossbill-measure", import.meta.url));
  try {
    accessSync(path, constants.X_OK);
  } catch (cause) {
    throw new UnsupportedError("measuring (crossbill-measure is not built)", null, {
      cause,
      remedy: "run ./setup, which builds it",
    });
  }
  return path;
}
