/** io-program: programs that use @crossbill/io, in processes of their own. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const entry = join(import.meta.dirname, "../../packages/io/dist/index.js");
const run = promisify(execFile);

/** How a program is run. */
export interface IoProgramSetting {
  /** Constants that the program has, by name. */
  readonly values?: Readonly<Record<string, unknown>>;
  /** Shell commands before the program. */
  readonly before?: string;
  /** A command, and arguments before the program's, that runs it. */
  readonly wrapper?: readonly string[];
  readonly environment?: NodeJS.ProcessEnv;
}

/** A folder for the files of a test, with `remove`, and a way to run programs that have the library. */
export class IoPrograms {
  readonly folder: string;
  #count = 0;

  constructor(name: string) {
    this.folder = mkdtempSync(join(tmpdir(), `crossbill-io-${name}-`));
  }

  /** Runs a module that has all that the library exports as `io`, and `node:fs` as `fs`. */
  async run(
    text: string,
    setting: IoProgramSetting = {},
  ): Promise<{ stdout: string; stderr: string }> {
    const { values = {}, before = "", wrapper = [], environment = {} } = setting;
    const program = join(this.folder, `program-${this.#count++}.mjs`);
    const constants = Object.entries(values).map(
      ([name, value]) => `const ${name} = ${JSON.stringify(value)};\n`,
    );
    const imports = `import * as io from ${JSON.stringify(entry)};\nimport * as fs from "node:fs";\n`;
    writeFileSync(program, imports + constants.join("") + text);
    const command = `${before} exec "$0" --expose-gc "$1"`;
    const [file, ...parts] = [...wrapper, "bash", "-c", command, process.execPath, program];
    return await run(file, parts, {
      env: { ...process.env, ...environment },
      maxBuffer: 16 << 20,
    });
  }

  /** Takes the folder away. */
  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}
