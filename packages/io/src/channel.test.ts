/** Channels whose ends are both here: bytes, order, back-pressure, endings, a hostile other end. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { type Channel, channel, channelPair } from "./channel.ts";
import type { ChannelOptions } from "./channel-options.ts";
import { IoError } from "./errors.ts";

/** The smallest ring is a page: all cases of being full come at once. */
const small: ChannelOptions = { ringBytes: 1, spinUs: 0 };
/** Without its cause, the code of the failure. */
const codeOf = async (waiting: Promise<unknown> | undefined) => {
  try {
    await waiting;
    return "none";
  } catch (error) {
    return error instanceof IoError ? error.code : error;
  }
};

async function ends(options = small): Promise<[Channel, Channel]> {
  const [ours, end] = channelPair(options);
  return [ours, await channel(end.give(), options)];
}

const message = fc.oneof(
  fc.uint8Array({ maxLength: 70 }),
  fc.integer({ min: 0, max: 20_000 }).map((length) => new Uint8Array(length).fill(length)),
);
const messages = fc.array(message, { maxLength: 30 });

async function sendAll(to: Channel, all: readonly Uint8Array[]): Promise<void> {
  for (const one of all) await to.send(one);
  await to.end();
}

async function gather(from: AsyncIterable<Buffer>): Promise<Buffer[]> {
  const all: Buffer[] = [];
  for await (const one of from) all.push(Buffer.from(one));
  return all;
}

async function gatherBatches(from: Channel): Promise<Buffer[]> {
  const all: Buffer[] = [];
  for await (const batch of from.batches()) {
    expect(batch.length).toBeGreaterThan(0);
    await new Promise(setImmediate); // The sender goes on meanwhile, but not over what is in use.
    all.push(...batch.map((one) => Buffer.from(one)));
  }
  return all;
}

it("delivers the messages of both directions in order, of any size, in a ring of a page", async () => {
  await fc.assert(
    fc.asyncProperty(messages, messages, async (there, back) => {
      const [one, other] = await ends();
      const [, , gotThere, gotBack] = await Promise.all([
        sendAll(one, there),
        sendAll(other, back),
        gather(other),
        gatherBatches(one),
      ]);
      expect(gotThere.map((bytes) => [...bytes])).toEqual(there.map((bytes) => [...bytes]));
      expect(gotBack.map((bytes) => [...bytes])).toEqual(back.map((bytes) => [...bytes]));
      one.close();
      other.close();
    }),
    { numRuns: 60 },
  );
});

it("goes on when its counters of bytes wrap around, after 4 GiB", async () => {
  const [one, other] = await ends({ ringBytes: 1 << 24, spinUs: 0 });
  const large = Buffer.alloc((1 << 23) - 8);
  for (let count = 0; count < 521; count++) {
    large.writeUInt32LE(count, large.length - 4);
    one.sendSync(large);
    expect(other.tryReceive()?.readUInt32LE(large.length - 4)).toBe(count);
  }
  one.close();
  other.close();
});

it("keeps the order of messages that nobody waited for", async () => {
  const [one, other] = await ends();
  const sent = Array.from({ length: 1009 }, (_, index) =>
    one.send(Buffer.from(`${index} `.repeat(9))),
  );
  const ended = one.end();
  let next = 0;
  for await (const bytes of other) expect(bytes.toString()).toBe(`${next++} `.repeat(9));
  expect(next).toBe(1009);
  await Promise.all([...sent, ended]);
  expect(sent.some((promise) => promise !== undefined)).toBe(true);
});

it("sends by the three ways what the three ways receive", async () => {
  const [one, other] = await ends();
  expect(other.tryReceive()).toBeUndefined();
  one.sendSync(Buffer.from("first"));
  expect(one.trySend(Buffer.from("second"))).toBe(true);
  expect(one.send(Buffer.from("third"))).toBeUndefined();
  expect(other.receiveSync()?.toString()).toBe("first");
  expect(other.tryReceive()?.toString()).toBe("second");
  expect((await other.receive())?.toString()).toBe("third");
  one.close();
  expect(other.receiveSync()).toBeUndefined();
  expect(await other.receive()).toBeUndefined();
});

it("gives views that begin at a multiple of 8 bytes, are valid until the next, and empty when closed", async () => {
  const [one, other] = await ends();
  one.sendSync(Buffer.from("first"));
  one.sendSync(Buffer.from(Float64Array.of(0.5, 7).buffer));
  const first = other.receiveSync();
  expect(first?.toString()).toBe("first");
  const second = other.receiveSync();
  if (second === undefined) throw new Error("the second is missing");
  expect([...new Float64Array(second.buffer, second.byteOffset, 2)]).toEqual([0.5, 7]);
  expect(second.buffer).toBe(first?.buffer);
  other.close();
  expect(second.length).toBe(0);
});

it("rings only for an end that sleeps", async () => {
  const [one, other] = await ends({ ringBytes: 1 << 20, spinUs: 0 });
  for (let index = 0; index < 1009; index++) one.sendSync(Buffer.from("x"));
  expect(one.explain().bellsRung).toBe(0);
  for (let index = 0; index < 1009; index++) expect(other.tryReceive()?.length).toBe(1);
  const waiting = other.receive();
  await new Promise((resolve) => setTimeout(resolve, 20));
  for (let index = 0; index < 11; index++) one.sendSync(Buffer.from("y"));
  expect((await waiting)?.toString()).toBe("y");
  expect(one.explain()).toMatchObject({ bellsRung: 1, wakeUp: "bell", mechanism: "ring" });
});

it("goes to sleep only after those have run here that the message may come from", async () => {
  const [one, other] = await ends({ ringBytes: 1, spinUs: 1000 });
  for (let count = 0; count < 11; count++) {
    const waiting = other.receive();
    await Promise.resolve();
    one.sendSync(Buffer.from("x")); // It would sleep by now.
    expect((await waiting)?.toString()).toBe("x");
  }
  expect(one.explain().bellsRung).toBe(0);
});

it("says no when there is no room, and refuses what is never allowed", async () => {
  const [one, other] = await ends({ ...small, maxMessageBytes: 5000 });
  const half = new Uint8Array(2040);
  expect([one.trySend(half), one.trySend(half), one.trySend(half)]).toEqual([true, true, false]);
  expect(() => one.trySend(new Uint8Array(2041))).toThrow(/send\(\)/);
  expect(() => one.send(new Uint8Array(5001))).toThrow(/ERR_MESSAGE_TOO_LARGE/);
  expect(() => one.sendSync(half, { timeoutMs: 3 })).toThrow(/ETIMEDOUT/);
  expect(() => other.receiveSync({ timeoutMs: Number.NaN })).toThrow(RangeError);
  const notBytes: Uint8Array[] = JSON.parse('["text", null, 7, [1], {}]');
  for (const wrong of notBytes) expect(() => one.send(wrong)).toThrow(TypeError);
  expect([other.tryReceive()?.length, other.tryReceive()?.length]).toEqual([2040, 2040]);
  expect(() => other.receiveSync({ timeoutMs: 3 })).toThrow(/ETIMEDOUT/);
});

it.each([100, 20_000])(
  "forgets a message of %d bytes that was aborted while it waited",
  async (length) => {
    const [one, other] = await ends();
    while (one.trySend(Buffer.from("before")));
    const abort = new AbortController();
    const waiting = one.send(new Uint8Array(length), { signal: abort.signal });
    const after = one.send(Buffer.from("after"));
    // A long one has gone in by some pieces then.
    for (let taken = 0; taken < 200; taken++) expect(other.tryReceive()?.toString()).toBe("before");
    if (length > 4096) await new Promise((resolve) => setTimeout(resolve, 20));
    abort.abort(new Error("not now"));
    const outcome = await codeOf(waiting);
    const ended = one.end();
    const rest = (await gather(other)).map(String);
    await Promise.all([after, ended]);
    if (length > 4096) expect(outcome).toEqual(new Error("not now"));
    expect(rest.filter((text) => text !== "before")).toEqual(["after"]);
  },
);

it("ends the waiting of an aborted receive, and goes on afterwards", async () => {
  const [one, other] = await ends();
  const abort = new AbortController();
  const waiting = other.receive({ signal: abort.signal });
  const behind = other.receive();
  setImmediate(() => abort.abort(new Error("enough")));
  await expect(waiting).rejects.toThrow("enough");
  one.sendSync(Buffer.from("later"));
  expect((await behind)?.toString()).toBe("later");
  await expect(other.receive({ signal: AbortSignal.abort(new Error("no")) })).rejects.toThrow("no");
});

it("ends one direction while the other goes on", async () => {
  const [one, other] = await ends();
  const received = gather(one);
  await one.end();
  expect(() => one.send(Buffer.from("x"))).toThrow(/ERR_CLOSED/);
  expect(await gather(other)).toEqual([]);
  await sendAll(other, [Buffer.from("still"), Buffer.from("here")]);
  expect((await received).map(String)).toEqual(["still", "here"]);
});

it("delivers what waits before an end, and lets nobody wait behind a close", async () => {
  const [one, other] = await ends();
  while (one.trySend(new Uint8Array(100)));
  const waiting = one.send(new Uint8Array(100));
  const ended = one.end();
  const received = await gather(other);
  expect(received.length).toBe(Math.floor(4096 / 112) + 1);
  await Promise.all([waiting, ended]);

  while (other.trySend(new Uint8Array(100)));
  const blocked = other.send(new Uint8Array(100));
  const asking = one.receive().then(() => one.receive());
  one.close();
  expect(await codeOf(blocked)).toBe("ERR_PEER_CLOSED");
  expect(await codeOf(asking)).toBe("none");
  expect(() => one.send(new Uint8Array(1))).toThrow(/ERR_CLOSED/);
  expect(() => other.send(new Uint8Array(1))).toThrow(/ERR_PEER_CLOSED/);
});

it("fails its own waiting messages when it is closed", async () => {
  const [one] = await ends();
  while (one.trySend(new Uint8Array(100)));
  const blocked = codeOf(one.send(new Uint8Array(100)));
  const ended = codeOf(one.end());
  one.close();
  expect(await Promise.all([blocked, ended])).toEqual(["ERR_CLOSED", "ERR_CLOSED"]);
});

it("lets timers run while messages never cease", async () => {
  const [one, other] = await ends({ ringBytes: 1 << 20 });
  let isOver = false;
  setTimeout(() => {
    isOver = true;
  }, 1);
  one.sendSync(Buffer.from("x"));
  let received = 0;
  for await (const bytes of other) {
    received += bytes.length;
    if (isOver) break;
    one.sendSync(Buffer.from("x"));
  }
  expect(received).toBeGreaterThan(0);
});

/** How often the memory of channels is mapped here, and how many descriptors are sockets. */
function leftovers(): { readonly mappings: number; readonly sockets: number } {
  const targets = readdirSync("/proc/self/fd").map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return ""; // Of the folder itself, which is closed by now.
    }
  });
  return {
    mappings: readFileSync("/proc/self/maps", "utf8").split("crossbill-channel").length - 1,
    sockets: targets.filter((target) => target.startsWith("socket:")).length,
  };
}

it("leaves no descriptor and no mapping behind after 100,011 messages", async () => {
  const before = leftovers();
  for (let turn = 0; turn < 17; turn++) {
    const [one, other] = await ends({ ringBytes: 1 << 16 });
    const sending = (async () => {
      for (let index = 0; index < 5883; index++) await one.send(Buffer.alloc(index % 64));
      await one.end();
    })();
    let received = 0;
    for await (const bytes of other) received += bytes.length === received % 64 ? 1 : Number.NaN;
    await sending;
    expect(received).toBe(5883);
    one.close();
    other.close();
  }
  await new Promise((resolve) => setTimeout(resolve, 20));
  // Of what other tests left to the garbage collector, some may be gone.
  const after = leftovers();
  expect(after.mappings).toBeLessThanOrEqual(before.mappings);
  expect(after.sockets).toBeLessThanOrEqual(before.sockets);
});
