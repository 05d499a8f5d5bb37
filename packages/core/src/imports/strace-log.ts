/** A log of strace, line by line: threads, interrupted calls, signals, programs that become others. */
import { decodeByteString } from "../byte-text.ts";
import type { Interval } from "../prices.ts";
import type { RecordedProcess } from "../recording.ts";
import { callTarget, movedBytes, waitsByNature } from "./call-facts.ts";
import type { ImportGap } from "./gaps.ts";
import { ImportedLines } from "./imported-lines.ts";
import type { ImportedLog } from "./imported-log.ts";
import { LogClock } from "./log-clock.ts";
import { readStraceCall, type StraceCall, stringsIn } from "./strace-call.ts";

/** Threads that a log may have at once; of more, calls that are interrupted are not put together. */
const THREADS_MAX = 65_536;
/** The kernel's TASK_COMM_LEN, without its end. */
const COMM_CHARACTERS = 15;
const COMMAND_WORDS_MAX = 256;
/** Calls that do next to nothing in the kernel: what they seem to take is strace's. */
const nullCalls = new Set(
  "getpid getppid getuid geteuid getgid getegid gettid getpgrp set_tid_address set_robust_list".split(
    " ",
  ),
);
/** Durations kept of them. */
const FLOORS_MAX = 4096;

interface Thread {
  process: RecordedProcess;
  /** Since when its wall time counts to that process; null: the log has no times. */
  since: number | null;
  /** The beginning of a call that was interrupted in the log. */
  pending: string | null;
}

const PREFIX = /^(?:\[pid +(\d{1,10})\] |(\d{1,10}) +)?/;
const STAMP = /^ *(?:(\d{1,10}\.\d{1,9})|(\d\d:\d\d:\d\d(?:\.\d{1,9})?)) /;
const END = /^\+\+\+ (?:exited with (\d{1,3})|killed by (SIG\w{1,20})(?: \(core dumped\))?) \+\+\+/;
/** Signals, strace's own messages, stacks (-k): no calls, and nothing that is missed. */
const ASIDE = /^(?:--- |strace: | > |\[ Process PID=)/;
const UNFINISHED = /\s*<unfinished \.\.\.>$/;

export class StraceLog {
  readonly #lines = new ImportedLines();
  readonly #threads = new Map<number, Thread>();
  /** Those that are just making another: inside fork, vfork or clone. */
  readonly #makers = new Set<Thread>();
  readonly #clock = new LogClock();
  readonly #unfinished = new Map<string, number>();
  readonly #floors: number[] = [];
  #least = Number.POSITIVE_INFINITY;
  #exits = 0;
  #unread = 0;
  #calls = 0;
  #hasDurations = false;
  #hasTargets = false;
  #command: string[] = [];
  #first: number | null = null;
  #exit: ImportedLog["exit"] = { code: null, signal: null };

  get calls(): number {
    return this.#calls;
  }

  /** @param text one line; each code unit is a byte. */
  add(text: string): void {
    if (text.trim() === "") return;
    const prefix = PREFIX.exec(text);
    const tid = Number(prefix?.[1] ?? prefix?.[2] ?? 0);
    const rest = text.slice(prefix?.[0].length ?? 0);
    const stamp = STAMP.exec(rest);
    if (stamp !== null) this.#clock.read(stamp[1], stamp[2]);
    if (!this.#event(tid, rest.slice(stamp?.[0].length ?? 0))) this.#unread += 1;
  }

  /** Whether the line was understood. */
  #event(tid: number, text: string): boolean {
    if (ASIDE.test(text)) return true;
    if (text.startsWith("+++ ")) return this.#end(tid, text);
    const resumed = /^<\.\.\. (\w{1,64}) resumed>/.exec(text);
    if (resumed !== null) return this.#resume(tid, resumed[1] ?? "", text.slice(resumed[0].length));
    if (UNFINISHED.test(text)) return this.#interrupt(tid, text.replace(UNFINISHED, ""));
    return this.#call(tid, text.replace(" <unfinished ...>)", ")"));
  }

  #interrupt(tid: number, begun: string): boolean {
    if (!/^\w{1,64}\(/.test(begun)) return false;
    if (!this.#threads.has(tid) && this.#threads.size >= THREADS_MAX) return false;
    const thread = this.#thread(tid);
    thread.pending = begun;
    if (isMaker(begun)) this.#makers.add(thread);
    return true;
  }

  #resume(tid: number, syscall: string, rest: string): boolean {
    const thread = this.#threads.get(tid);
    const begun = thread?.pending ?? null;
    if (thread === undefined || begun?.startsWith(`${syscall}(`) !== true) return false;
    thread.pending = null;
    this.#makers.delete(thread);
    return this.#call(tid, begun + rest);
  }

  #call(tid: number, text: string): boolean {
    const call = readStraceCall(text);
    if (call === null) return false;
    this.#calls += 1;
    if (this.#isNewProgram(call)) this.#becomeProgram(tid, call);
    const thread = this.#thread(tid);
    if (call.result === null) {
      this.#leaveUnfinished(call.syscall);
      if (/^exit(_group)?$/.test(call.syscall)) this.#exits += 1;
      return true;
    }
    this.#takeChild(thread, call);
    this.#count(thread.process, call);
    this.#noteFloor(call);
    return true;
  }

  #count(process: RecordedProcess, call: StraceCall): void {
    const { syscall, error, durationNs } = call;
    const { kind, name, deleted } = callTarget(call);
    if (name !== null) this.#hasTargets = true;
    if (durationNs !== null) this.#hasDurations = true;
    const waits = waitsByNature(call, kind);
    this.#lines.add({
      ...{ process, syscall, error, kind, targetName: name, deleted, durationNs, waits },
      count: 1,
      isTimed: true,
      moved: movedBytes(call),
    });
  }

  #noteFloor({ syscall, durationNs }: StraceCall): void {
    if (durationNs === null) return;
    this.#least = Math.min(this.#least, durationNs);
    if (nullCalls.has(syscall) && this.#floors.length < FLOORS_MAX) this.#floors.push(durationNs);
  }

  #leaveUnfinished(syscall: string): void {
    this.#unfinished.set(syscall, (this.#unfinished.get(syscall) ?? 0) + 1);
  }

  /** A thread is known from its first line on: as a child of whoever is just making one. */
  #thread(tid: number): Thread {
    const known = this.#threads.get(tid);
    if (known !== undefined) return known;
    const [maker] = this.#makers.size === 1 ? this.#makers : [];
    return this.#openThread(tid, maker, maker?.pending ?? "");
  }

  #openThread(tid: number, parent: Thread | undefined, making: string): Thread {
    this.#first ??= tid;
    const isThread = parent !== undefined && making.includes("CLONE_THREAD");
    const { comm = "?", exe = null, pid: ppid = 0 } = parent?.process ?? {};
    const process = isThread
      ? parent.process
      : this.#lines.openProcess({ pid: tid, ppid, comm, exe });
    if (isThread) process.threads += 1;
    const thread: Thread = { process, since: this.#clock.now, pending: null };
    // Beyond the limit nothing is remembered of it.
    if (this.#threads.size < THREADS_MAX) this.#threads.set(tid, thread);
    return thread;
  }

  /** The call returned in the parent: now its child is known for sure. */
  #takeChild(parent: Thread, { syscall, args, result }: StraceCall): void {
    if (result === null || result <= 0 || !isMaker(`${syscall}(`)) return;
    if (!this.#threads.has(result)) this.#openThread(result, parent, args.join());
  }

  #isNewProgram({ syscall, result, error }: StraceCall): boolean {
    return /^execve(at)?$/.test(syscall) && result === 0 && error === null;
  }

  /** From here on its calls are another program's. */
  #becomeProgram(tid: number, { args }: StraceCall): void {
    const [path = "?"] = stringsIn(args.find((arg) => arg.startsWith('"')) ?? "", 1);
    const exe = decodeByteString(path);
    const words = stringsIn(args.find((arg) => arg.startsWith("[")) ?? "", COMMAND_WORDS_MAX);
    if (this.#first === null) this.#command = words.map(decodeByteString);
    const before = this.#threads.get(tid);
    const comm = exe.slice(exe.lastIndexOf("/") + 1).slice(0, COMM_CHARACTERS);
    if (before === undefined) {
      const { process } = this.#thread(tid);
      Object.assign(process, { comm, exe });
      return;
    }
    this.#settle(before);
    const { pid, ppid } = before.process;
    before.process = this.#lines.openProcess({ pid, ppid, comm, exe });
  }

  #end(tid: number, text: string): boolean {
    const successor = /^\+\+\+ superseded by execve in pid (\d{1,10}) \+\+\+/.exec(text);
    if (successor !== null) return this.#takeOver(tid, Number(successor[1]));
    const ended = END.exec(text);
    if (ended === null) return false;
    const [, code, signal] = ended;
    if (tid === (this.#first ?? tid)) {
      this.#exit = { code: code === undefined ? null : Number(code), signal: signal ?? null };
    }
    this.#closeThread(tid);
    return true;
  }

  /** A thread that is not the first becomes the program, and takes the first one's number. */
  #takeOver(tid: number, from: number): boolean {
    const pending = this.#threads.get(from)?.pending ?? null;
    const old = this.#threads.get(from);
    if (old !== undefined) old.pending = null;
    this.#closeThread(from);
    const thread = this.#thread(tid);
    if (thread.pending !== null) this.#leaveUnfinished(nameOf(thread.pending));
    thread.pending = pending;
    return true;
  }

  #closeThread(tid: number): void {
    const thread = this.#threads.get(tid);
    if (thread === undefined) return;
    this.#settle(thread);
    this.#makers.delete(thread);
    if (thread.pending !== null) {
      this.#calls += 1;
      this.#leaveUnfinished(nameOf(thread.pending));
    }
    this.#threads.delete(tid);
  }

  /** Its wall time up to now is its process's. */
  #settle(thread: Thread): void {
    const { now } = this.#clock;
    if (thread.since !== null && now !== null) {
      thread.process.wallNs += this.#lines.times.take(now - thread.since);
    }
    thread.since = now;
  }

  /** What the log came to; nothing can be added afterwards. */
  finish(): ImportedLog {
    for (const tid of [...this.#threads.keys()]) this.#closeThread(tid);
    const { firstSeconds, elapsedNs } = this.#clock;
    const gaps: ImportGap[] = [
      "faults",
      "observer",
      this.#hasDurations ? "work-or-waiting" : "durations",
    ];
    if (!this.#hasTargets) gaps.push("targets");
    if (elapsedNs === 0) gaps.push("elapsed");
    return {
      format: "strace log",
      lines: this.#lines,
      gaps,
      unread: this.#unread,
      unfinished: this.#unfinished,
      exits: this.#exits,
      floorNs: this.#floor(),
      command: this.#command,
      exit: this.#exit,
      startedAtSeconds: firstSeconds,
      elapsedNs,
    };
  }

  /** From the shortest call of all to most of those that do nothing. */
  #floor(): Interval {
    const low = Number.isFinite(this.#least) ? this.#least : 0;
    const floors = this.#floors.toSorted((a, b) => a - b);
    const at = (share: number) => floors[Math.floor(share * floors.length)] ?? low;
    return { low, likely: Math.max(low, at(0.5)), high: Math.max(low, at(0.5), at(0.9)) };
  }
}

function isMaker(begun: string): boolean {
  return /^(?:v?fork|clone3?)\(/.test(begun);
}

function nameOf(begun: string): string {
  return begun.slice(0, begun.indexOf("("));
}
