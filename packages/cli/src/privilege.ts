/**
 * Root only where root is needed. Under sudo crossbill starts the recorder as root and writes its
 * files as the user who called sudo.
 */
import { readFileSync } from "node:fs";
import { errorCode } from "./terminal.ts";

declare global {
  namespace NodeJS {
    interface Process {
      /** Node has it on POSIX; its type declarations do not. */
      initgroups?(user: string | number, extraGroup: string | number): void;
    }
  }
}

/** The user behind sudo, or null when there is none to go back to. */
export interface InvokingUser {
  readonly uid: number;
  readonly gid: number;
  readonly home: string | null;
}

/** Linux has no id above this; 2^32 - 1 means "none". */
const ID_MAX = 2 ** 32 - 2;

/** Reads SUDO_UID and SUDO_GID, which are believed only when we are root. */
export function invokingUser(
  environment: NodeJS.ProcessEnv = process.env,
  uid: number | undefined = process.getuid?.(),
): InvokingUser | null {
  if (uid !== 0) return null;
  const user = readId(environment["SUDO_UID"]);
  const group = readId(environment["SUDO_GID"]);
  if (user === null || group === null || user === 0) return null;
  return { uid: user, gid: group, home: homeOf(user) };
}

function readId(text: string | undefined): number | null {
  if (text === undefined || !/^\d{1,10}$/.test(text)) return null;
  const id = Number(text);
  return id <= ID_MAX ? id : null;
}

function homeOf(uid: number): string | null {
  const entries = readFileSync("/etc/passwd", "utf8").split("\n");
  const entry = entries.map((line) => line.split(":")).find((fields) => fields[2] === `${uid}`);
  return entry?.[5] ?? null;
}

/** Does `work` with the user's rights to files, then is root again. */
export function asUser<T>(user: InvokingUser | null, work: () => T): T {
  if (user === null) return work();
  process.setegid?.(user.gid);
  process.seteuid?.(user.uid);
  try {
    return work();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
  }
}

/** Becomes the user for good: there is no way back to root afterwards. */
export function becomeUser(user: InvokingUser | null): void {
  if (user === null) return;
  joinGroups(user);
  process.setgid?.(user.gid);
  process.setuid?.(user.uid);
}

function joinGroups({ uid, gid }: InvokingUser): void {
  try {
    process.initgroups?.(uid, gid);
  } catch (error) {
    if (errorCode(error) !== "ERR_UNKNOWN_CREDENTIAL") throw error;
    process.setgroups?.([gid]); // A number without an account has no groups but the given one.
  }
}

/** Where the user's own settings are; the recorded program keeps the environment as it was. */
export function useHomeOf(user: InvokingUser | null): void {
  if (user?.home === null || user === null) return;
  process.env["HOME"] = user.home;
  // sudo passed on root's, or it is the user's and equals the default.
  delete process.env["XDG_CACHE_HOME"];
  delete process.env["XDG_STATE_HOME"];
}
