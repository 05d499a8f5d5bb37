/** A channel whose other end keeps to no rule. */
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { type Channel, channelPair } from "./channel.ts";
import type { ChannelOptions } from "./channel-options.ts";
import { IoError } from "./errors.ts";
import { requireNative } from "./native.ts";

/** The smallest ring is a page: all cases of being full come at once. */
const small: ChannelOptions = { ringBytes: 1, spinUs: 0 };

/** A hostile end: the socket and the memory as they are. */
function hostilePair(options = small): { victim: Channel; words: Int32Array; ring: () => void } {
  const [victim, end] = channelPair(options);
  const part = requireNative("a test");
  const memory = part.channelTake(end.fd);
  return { victim, words: new Int32Array(memory), ring: () => part.channelRing(end.fd) };
}

/** What may come of a peer that breaks the rules, beside a message. */
function expectTyped(attempt: () => unknown): void {
  try {
    attempt();
  } catch (error) {
    const isOurs = error instanceof IoError && allowed.has(error.code);
    if (!isOurs) throw error;
  }
}
const allowed = new Set(["ERR_CHANNEL_BROKEN", "ERR_MESSAGE_TOO_LARGE"]);

it("survives any bytes over the ring and the cursors: a message, or a typed error", async () => {
  const word = fc.oneof(fc.integer({ min: -9, max: 9000 }), fc.integer());
  const writes = fc.array(fc.tuple(fc.nat(5 * 1024 - 1), word), { minLength: 1, maxLength: 60 });
  const cursors = fc.array(fc.tuple(fc.constantFrom(0, 32, 64, 96, 128, 160), word), {
    maxLength: 6,
  });
  await fc.assert(
    fc.asyncProperty(writes, cursors, fc.nat(9000), async (places, moved, bytes) => {
      const { victim, words } = hostilePair({ ...small, maxMessageBytes: 1 << 16 });
      for (const [place, value] of places) words[place] = value;
      for (const [place, value] of moved) {
        words[place] = value;
        words[place + 256] = value;
      }
      for (let turn = 0; turn < 20; turn++) {
        const abort = AbortSignal.timeout(0);
        for (const attempt of [
          () => victim.send(new Uint8Array(bytes), { signal: abort })?.catch(() => {}),
          () => expect(victim.tryReceive()?.length ?? 0).toBeLessThanOrEqual(1 << 16),
        ])
          expectTyped(attempt);
      }
      victim.close();
    }),
    { numRuns: 300 },
  );
});

it("does not let a hostile end keep the event loop: pieces that are given up, for ever", async () => {
  const { victim, words } = hostilePair();
  const ring = 1024 + 2 * 1024; // Behind the page and the first ring, which is there twice.
  for (let place = 0; place < 1024; place += 2) {
    words[ring + place] = 0;
    words[ring + place + 1] = -1;
  }
  let written = 0;
  const more = setInterval(() => {
    written = (written + 4096) | 0;
    Atomics.store(words, 256, written);
  });
  const receiving = victim.receive({ signal: AbortSignal.timeout(30) });
  await expect(receiving).rejects.toThrow(/timeout/);
  clearInterval(more);
  victim.close();
});

it("fails what waits when the other end moves a cursor to where it cannot be", async () => {
  const TAKEN = 32;
  const WRITTEN = 256;
  for (const word of [TAKEN, WRITTEN]) {
    const { victim, words, ring } = hostilePair();
    while (victim.trySend(new Uint8Array(100)));
    const sending = victim.send(new Uint8Array(100));
    const receiving = victim.receive();
    Atomics.store(words, word, 1 << 20);
    ring();
    const broken = { status: "rejected", reason: { code: "ERR_CHANNEL_BROKEN" } };
    // Either may be the first to fail.
    expect(await Promise.allSettled([receiving, sending])).toMatchObject([broken, broken]);
    expect(() => victim.send(new Uint8Array(1))).toThrow(/ERR_CHANNEL_BROKEN/);
    expect(await victim.receive()).toBeUndefined();
    victim.close();
  }
});
