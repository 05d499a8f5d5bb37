/** How crossbill itself fails: one line for the user, one exit status for the caller. */
import { CrossbillError, printable, TargetError, UsageError } from "@crossbill/core";
import { CommanderError } from "commander";
import { errorCode } from "./terminal.ts";

/** As env(1): crossbill failed, the program cannot be executed, the program was not found. */
export const FAILED = 125;
export const USAGE = 2;

export interface Failure {
  /** null: everything was said already, or there is nothing to say. */
  readonly message: string | null;
  readonly status: number;
}

/** The failure an error means. Only what is no mistake of the user's keeps its stack. */
export function describeFailure(error: unknown): Failure {
  if (error instanceof CommanderError) {
    // Commander has written help, version or its message by then.
    return { message: null, status: error.exitCode === 0 ? 0 : USAGE };
  }
  if (error instanceof CrossbillError) {
    return { message: sentence(error.message, error.remedy), status: statusOf(error) };
  }
  const code = errorCode(error);
  if (code !== null && error instanceof Error) {
    return { message: printable(error.message), status: FAILED };
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    message: `this is a mistake in crossbill, please report it:\n${stack}`,
    status: FAILED,
  };
}

function statusOf(error: CrossbillError): number {
  if (error instanceof UsageError) return USAGE;
  if (error instanceof TargetError) return error.exitStatus;
  return FAILED;
}

/** "what: why; do this". A remedy the message holds already is not repeated. */
function sentence(message: string, remedy: string | undefined): string {
  return remedy === undefined || message.includes(remedy) ? message : `${message}; ${remedy}`;
}

/** Commander's message in the form of ours: one line, with the nearest name as advice. */
export function rephraseUsage(message: string, command: string): string {
  const text = message
    .trim()
    .replace(/^error: /, "")
    .replace(/\s*\n\(Did you mean (?:one of )?(.*)\?\)$/, "; did you mean $1?")
    .replace(/\s*\n\s*/g, " ")
    .replace(/\.$/, "");
  const advice = text.endsWith("?") ? "" : `; see ${command} --help`;
  return `crossbill: ${printable(text)}${advice}\n`;
}
