/**
 * way: one way of a row, in a process of its own. It prepares, works once as its mode says, and prints
 * its result as a line of JSON. Started by contestant.js.
 *
 *   node --expose-gc bench/io/way.js GROUP NAME SETTING_AS_JSON
 */
import { readSync, writeSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";

const STDIN = 0;
const STDOUT = 1;
/** Until the clock of the event loop has told of a turn that has just ended. */
const SETTLED_MS = 20;
/** The period of that clock. */
const CLOCK_NS = 1e6;

const say = (line) => writeSync(STDOUT, `${line}\n`);
const cpuNs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
};

/** The longest time for which the event loop did not turn, less the clock's own period. */
async function longestTurnNs(work) {
  const monitor = monitorEventLoopDelay({ resolution: CLOCK_NS / 1e6 });
  monitor.enable();
  await delay(SETTLED_MS); // Its first reading has nothing to be compared with.
  await work();
  await delay(SETTLED_MS);
  monitor.disable();
  return Math.max(0, monitor.max - CLOCK_NS);
}

async function timed(work, peerCpuNs = async () => 0) {
  const peerBefore = await peerCpuNs();
  const cpuBefore = cpuNs();
  const began = performance.now();
  const result = await work();
  const ns = (performance.now() - began) * 1e6;
  const cpu = cpuNs() - cpuBefore;
  return { result, ns, cpuNs: cpu, peerCpuNs: (await peerCpuNs()) - peerBefore };
}

const told = () => readSync(STDIN, Buffer.alloc(1)) === 1;

/** What each mode does with a way that is prepared, once it was told to begin. */
const modes = {
  async timed({ work, check, units = 1, peerCpuNs }) {
    const { result, ...took } = await timed(work, peerCpuNs);
    say(JSON.stringify({ ...took, units, check: check?.(result) ?? null }));
  },
  /** Watched from outside; stays as it is until it is told that it was seen. */
  async memory({ work, ownBytes = 0 }) {
    await work();
    say(JSON.stringify({ ownBytes }));
    told();
  },
  async turn({ work }) {
    say(JSON.stringify({ turnNs: await longestTurnNs(work) }));
  },
  async with({ work }) {
    await work();
    say("{}");
  },
  async without() {
    say("{}");
  },
};

const [, , group, name, setting] = process.argv;
const { ways } = await import(new URL(`ways/${group}.js`, import.meta.url).href);
const context = JSON.parse(setting);
const way = await ways[name](context);
await way.warm();
globalThis.gc(); // What warming left behind is not collected within the time.
say("ready");
if (told()) await modes[context.mode](way);
await way.close?.();
process.exit(); // A peer that is still connected holds nobody.
