/** Values over a channel: what structured clones keep, and what cannot be one. */
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { channel, channelPair } from "./channel.ts";
import { ChannelPort } from "./channel-port.ts";

async function ports(): Promise<[ChannelPort, ChannelPort]> {
  const [ours, end] = channelPair({ ringBytes: 1, spinUs: 0 });
  return [new ChannelPort(ours), new ChannelPort(await channel(end.give()))];
}

/** All that comes until the port is closed. */
function gather(port: ChannelPort): Promise<unknown[]> {
  const all: unknown[] = [];
  port.on("message", (value) => all.push(value));
  return new Promise((resolve) => port.once("close", () => resolve(all)));
}

it("delivers the values that structuredClone would", async () => {
  const values = fc.array(
    fc.anything({ withDate: true, withMap: true, withSet: true, withBigInt: true }),
  );
  await fc.assert(
    fc.asyncProperty(values, async (all) => {
      const [one, other] = await ports();
      const received = gather(other);
      for (const value of all) void one.postMessage(value);
      await one.close();
      expect(await received).toEqual(all.map((value) => structuredClone(value)));
      await other.close();
    }),
    { numRuns: 50 },
  );
});

it("keeps the bytes of a value after the next has come", async () => {
  const [one, other] = await ports();
  const received = gather(other);
  for (let index = 0; index < 100; index++) void one.postMessage(new Uint8Array(99).fill(index));
  await one.close();
  expect(await received).toEqual(
    Array.from({ length: 100 }, (_, index) => new Uint8Array(99).fill(index)),
  );
});

it("throws for what cannot be cloned, and tells of what is no value", async () => {
  const [ours, end] = channelPair({ ringBytes: 1 });
  const port = new ChannelPort(await channel(end.give()));
  expect(() => port.postMessage(() => {})).toThrow(/could not be cloned/);
  const wrong = new Promise((resolve) => port.once("messageerror", resolve));
  port.start();
  ours.sendSync(Buffer.from("no value"));
  expect(await wrong).toBeInstanceOf(Error);
  ours.close();
});
