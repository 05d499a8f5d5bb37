/** crossbill: reads the command line, does what it says, and ends as the program ended. */
import { closeSync } from "node:fs";
import { describeFailure } from "./failure.ts";
import { rememberInherited } from "./inherited-descriptors.ts";
import { invocationArguments } from "./invocation.ts";
import { buildProgram } from "./program.ts";
import { dieOf } from "./signals.ts";
import { say } from "./terminal.ts";
import { done, type Ending } from "./verb.ts";

export async function main(args: readonly string[] = invocationArguments()): Promise<void> {
  rememberInherited();
  const ending = await perform(args);
  const status = ending.kind === "status" ? ending.status : await dieOf(ending.signal);
  releaseTerminal();
  process.exit(status);
}

async function perform(args: readonly string[]): Promise<Ending> {
  let ending = done;
  const program = buildProgram((chosen) => {
    ending = chosen;
  });
  try {
    await program.parseAsync([...args], { from: "user" });
    return ending;
  } catch (error) {
    const { message, status } = describeFailure(error);
    if (message !== null) say(message);
    return { kind: "status", status };
  }
}

/**
 * Node restores the terminal's settings of its own start when it exits, which would undo what the
 * program set (`crossbill run -- stty -echo`). Descriptors that are closed it leaves alone.
 */
function releaseTerminal(): void {
  for (const descriptor of [0, 1, 2]) {
    try {
      closeSync(descriptor);
    } catch {
      // It was closed from the start.
    }
  }
}
