/** Channels that meet by a name: two ends, or many and one. */
import { expect, it } from "vitest";
import { channel, channelPair } from "./channel.ts";
import type { ChannelOptions } from "./channel-options.ts";
import { channelReceiver, channelSender } from "./channel-receiver.ts";

const small: ChannelOptions = { ringBytes: 1, spinUs: 0 };

it("meets by a name, one pair after the other", async () => {
  const name = `meeting-${process.pid}`;
  for (let turn = 0; turn < 3; turn++) {
    const [one, other] = await Promise.all([channel(name, small), channel(name, small)]);
    one.sendSync(Buffer.from("hello"));
    expect((await other.receive())?.toString()).toBe("hello");
    one.close();
    other.close();
  }
});

it("waits for the other end until it is told not to", async () => {
  const signal = AbortSignal.timeout(20);
  await expect(channel(`lonely-${process.pid}`, { signal })).rejects.toThrow(/timeout/);
  await expect(
    channelSender(`lonely-${process.pid}`, { signal: AbortSignal.timeout(20) }),
  ).rejects.toThrow();
});

it("refuses names, numbers and descriptors that cannot be", async () => {
  for (const name of ["", "a/b", "x".repeat(65), "é", "a b", "\0"])
    await expect(channel(name)).rejects.toThrow(TypeError);
  for (const options of [
    { ringBytes: 0 },
    { ringBytes: 2 ** 30 },
    { spinUs: -1 },
    { maxMessageBytes: 0.5 },
  ])
    expect(() => channelPair(options)).toThrow(RangeError);
  await expect(channel(-1)).rejects.toThrow(RangeError);
  await expect(channel(999_999)).rejects.toThrow(
    /^EBADF: descriptor 999999 is no end of a channel/,
  );
  const [, end] = channelPair(small);
  await channel(end.give());
  expect(() => end.fd).toThrow(/ERR_CLOSED/);
});

it("receives from many senders, each in order", async () => {
  const name = `many-${process.pid}`;
  const receiver = channelReceiver(name, { senders: 2, spinUs: 0 });
  expect(() => channelReceiver(name)).toThrow(/EADDRINUSE/);
  const next = new Map<string, number>();
  const receiving = (async () => {
    for await (const bytes of receiver) {
      const [who = "", count = ""] = bytes.toString().split(":");
      expect(Number(count)).toBe(next.get(who) ?? 0);
      next.set(who, Number(count) + 1);
    }
  })();
  // The third waits for a place.
  await Promise.all(
    ["a", "b", "c"].map(async (who) => {
      const sender = await channelSender(name, small);
      for (let count = 0; count < 503; count++) await sender.send(Buffer.from(`${who}:${count}`));
      await sender.end();
      sender.close();
    }),
  );
  while ([...next.values()].reduce((sum, count) => sum + count, 0) < 3 * 503)
    await new Promise((resolve) => setTimeout(resolve, 1));
  receiver.close();
  await receiving;
  expect([...next]).toEqual(
    expect.arrayContaining([
      ["a", 503],
      ["b", 503],
      ["c", 503],
    ]),
  );
});
