/** native-program: where the program that does the measuring is. */
import { accessSync, constants } from "node:fs";
import { fileURLToPath } from "node:url";
import { UnsupportedError } from "@crossbill/core";

/**
 * Path of crossbill-calibrate, the same from src/ and from dist/.
 * @throws UnsupportedError when it has not been built.
 */
export function calibrateProgram(): string {
  const path = fileURLToPath(new URL("../build/crossbill-calibrate", import.meta.url));
  try {
    accessSync(path, constants.X_OK);
  } catch (cause) {
    throw new UnsupportedError("calibration (crossbill-calibrate is not built)", null, {
      cause,
      remedy: "run ./setup, which builds it",
    });
  }
  return path;
}
