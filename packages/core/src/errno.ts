/** errno and signal names by number, as x86-64 and arm64 number them. */
import { readNumberedNames } from "./numbered-names.ts";
import { errnoNames } from "./tables/errno-names.ts";

// include/linux/errno.h: seen by recorders at the kernel's edge, never by programs.
const kernelOnly: readonly (readonly [number, string])[] = [
  [512, "ERESTARTSYS"],
  [513, "ERESTARTNOINTR"],
  [514, "ERESTARTNOHAND"],
  [515, "ENOIOCTLCMD"],
  [516, "ERESTART_RESTARTBLOCK"],
  [517, "EPROBE_DEFER"],
  [518, "EOPENSTALE"],
  [519, "ENOPARAM"],
  [524, "ENOTSUPP"],
  [529, "EIOCBQUEUED"],
];

const byNumber = new Map([...readNumberedNames(errnoNames), ...kernelOnly]);

const signalsByNumber = readNumberedNames(`
1 SIGHUP SIGINT SIGQUIT SIGILL SIGTRAP SIGABRT SIGBUS SIGFPE SIGKILL SIGUSR1 SIGSEGV SIGUSR2
SIGPIPE SIGALRM SIGTERM SIGSTKFLT SIGCHLD SIGCONT SIGSTOP SIGTSTP SIGTTIN SIGTTOU SIGURG SIGXCPU
SIGXFSZ SIGVTALRM SIGPROF SIGWINCH SIGIO SIGPWR SIGSYS
`);
/** The first signal the C library leaves to programs is 34, but the kernel's range begins here. */
const FIRST_REAL_TIME = 32;
const LAST_REAL_TIME = 64;

/** "ENOENT" for 2; `errno_4000` for a number nobody has named. */
export function errnoName(number: number): string {
  return byNumber.get(number) ?? `errno_${number}`;
}

/** Every name `errnoName` knows, for who looks for one. */
export function errnoNameList(): readonly string[] {
  return [...byNumber.values()];
}

/** "SIGTERM" for 15, `SIGRT_2` for 34 (counted from the kernel's first, 32), else `signal_70`. */
export function signalName(number: number): string {
  const name = signalsByNumber.get(number);
  if (name !== undefined) return name;
  if (number >= FIRST_REAL_TIME && number <= LAST_REAL_TIME) {
    return `SIGRT_${number - FIRST_REAL_TIME}`;
  }
  return `signal_${number}`;
}

/** The reverse of `signalName`; null for a name it never gives. */
export function signalNumber(name: string): number | null {
  for (let number = 1; number <= LAST_REAL_TIME; number += 1) {
    if (signalName(number) === name) return number;
  }
  return null;
}
