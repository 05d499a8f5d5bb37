// Calls each function of crossbill-io.node with wrong arguments: those of right calls, as the library
// makes them, with hostile values in some places. Writes what each did to the file RESULT.
//
// Usage: node io-hostile-arguments.js RUNS RESULT   (in an empty folder)
import * as fs from "node:fs";
import { createRequire } from "node:module";
import * as fc from "fast-check";
import { hostileValues, isKnownFailure } from "./io-hostile-values.js";
import { useEverything } from "./io-use-everything.js";

const [runs, result] = [Number(process.argv[2]), process.argv[3]];

/** The addon that the library loads is the same object, so it calls what is put there. */
async function gatherCalls() {
  const { nativeState } = await import("../../../packages/io/dist/native.js");
  const functions = createRequire(import.meta.url)(nativeState().path);
  const real = { ...functions };
  const calls = new Map(Object.keys(real).map((name) => [name, []]));
  for (const name of Object.keys(real))
    functions[name] = (...args) => {
      calls.get(name).push(args);
      return real[name](...args);
    };
  const kept = await useEverything();
  Object.assign(functions, real);
  return { real, calls, kept };
}

/** Blocks its thread for as long as it is told: not for days. */
const longestSleepMs = 20;
const tamed = {
  channelSleep: (args) => (args[1] > longestSleepMs ? [args[0], longestSleepMs] : args),
};

/** Closes the descriptors that a call has made, so that they do not run out. */
const closing = (made) => {
  for (const fd of [made].flat()) if (typeof fd === "number") fs.closeSync(fd);
};
const undone = {
  channelPair: closing,
  channelListen: closing,
  channelConnect: closing,
  channelAdmit: closing,
  openOrRead: closing,
  openOrReadSync: closing,
};

const changes = fc.record({
  call: fc.nat(),
  places: fc.array(fc.tuple(fc.nat({ max: 8 }), fc.constantFrom(...Object.keys(hostileValues))), {
    minLength: 1,
    maxLength: 3,
  }),
  /** Leaves out the last so many, or passes one too many. */
  fewer: fc.integer({ min: -1, max: 4 }),
});

function changed(calls, { call, places, fewer }) {
  const args = [...calls[call % calls.length]];
  for (const [at, name] of places)
    if (args.length > 0) args[at % args.length] = hostileValues[name]();
  return fewer < 0
    ? [...args, hostileValues["a proxy that throws"]()]
    : args.slice(0, args.length - fewer || 1);
}

async function survives(name, call, args) {
  try {
    const made = await call(...(tamed[name]?.(args) ?? args));
    undone[name]?.(made);
    return true;
  } catch (error) {
    if (isKnownFailure(error)) return true;
    throw new Error(`${name} fails with what is no known error`, { cause: error });
  }
}

const { real, calls, kept } = await gatherCalls();
const tried = {};
for (const [name, call] of Object.entries(real)) {
  const samples = calls.get(name);
  if (name === "endWork") continue; // Ends the work of all others: at the very end.
  if (samples.length === 0)
    throw new Error(`io-use-everything.js does not make the library call ${name}`);
  const property = fc.asyncProperty(changes, async (change) => {
    tried[name] = (tried[name] ?? 0) + 1;
    return await survives(name, call, changed(samples, change));
  });
  await fc.assert(property, { numRuns: runs });
}
await kept.close();
real.endWork(Symbol("hostile"), hostileValues["a proxy that throws"]());
fs.writeFileSync(result, JSON.stringify(tried));
