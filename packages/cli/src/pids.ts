/** Lists of process ids in strace's spellings: "1,2", "1 2", the output of pidof. */
import { printable, UsageError } from "@crossbill/core";

/** include/linux/threads.h: PID_MAX_LIMIT on 64-bit machines. */
const PID_MAX = 4 * 1024 * 1024;
/** More processes than this are better recorded by starting them from one command. */
const PIDS_MAX = 1024;

/** The ids, each once. Throws UsageError when one is none, or when there is none at all. */
export function parsePids(text: string): readonly [number, ...number[]] {
  const words = text.split(/[\s,]+/).filter((word) => word !== "");
  const pids = [...new Set(words.map(parsePid))];
  const [first, ...others] = pids;
  if (first === undefined) throw new UsageError("-p: no process id is given");
  if (pids.length > PIDS_MAX) throw new UsageError(`-p: more than ${PIDS_MAX} process ids`);
  return [first, ...others];
}

function parsePid(word: string): number {
  const pid = /^\d{1,8}$/.test(word) ? Number(word) : 0;
  if (pid >= 1 && pid <= PID_MAX) return pid;
  throw new UsageError(`-p: ${printable(word)} is not a process id`, {
    remedy: 'write numbers, as in -p 12,34 or -p "$(pidof nginx)"',
  });
}
