/** messages: to another Node process and back, over each of the transports. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { transports, wishes } from "./transports.js";

const program = fileURLToPath(new URL("message-peer.js", import.meta.url));
const WARM_SHARE = 0.1;
/** A page of each message is touched at one place, unless a row wants more. */
const TOUCH_BYTES = 4096;

/** Waits for the next message of the peer that is no answer to the transport's user. */
async function controlled(peer, control) {
  for (;;) {
    const [message] = await once(peer, "message");
    if (message.control === control) return message;
  }
}

/** Starts the peer and connects with it. Gives what both kinds of work stand on. */
async function conversation(kind, { folder, touchBytes = TOUCH_BYTES }) {
  const path = `${folder}/${kind}-${process.pid}`;
  const name = `bench-io-${process.pid}`;
  const serialization = kind === "json" ? "json" : "advanced";
  const usesPath = kind === "socket" || kind === "corked";
  const start = () => fork(program, [kind, path, name, String(touchBytes)], { serialization });
  let peer;
  // The listening socket is there before the one who connects to it.
  const connecting = usesPath ? transports[kind]({ path, isParent: true }) : undefined;
  peer = start();
  const ready = controlled(peer, "ready");
  const transport = await (connecting ?? transports[kind]({ peer, name, isParent: true }));
  await ready;
  let onAnswer = () => {};
  transport.listen((message) => onAnswer(message));
  return {
    transport,
    answered: () =>
      new Promise((resolve) => {
        onAnswer = (message) => resolve(String(message));
      }),
    async peerCpuNs() {
      const told = controlled(peer, "cpu");
      peer.send({ control: "cpu" });
      return (await told).cpuNs;
    },
    close() {
      peer.disconnect();
      if (usesPath) rmSync(path, { force: true });
    },
  };
}

/** All messages one way; done when the peer says that it has all. */
async function oneWay(kind, context) {
  const { transport, answered, ...rest } = await conversation(kind, context);
  const { bytes, messages } = context;
  const body = transport.make(bytes, wishes.none);
  const last = transport.make(bytes, wishes.count);
  const pass = async (count) => {
    const answer = answered();
    for (let sent = 1; sent < count; sent++) {
      const waited = transport.send(body);
      if (waited !== undefined) await waited;
    }
    await transport.send(last);
    transport.flush();
    const got = Number(await answer);
    if (got !== count) throw new Error(`the peer got ${got} of ${count} messages`);
  };
  const warm = () => pass(Math.ceil(messages * WARM_SHARE));
  return { ...rest, units: messages, warm, work: () => pass(messages) };
}

/** A message each way at a time. */
async function pingPong(kind, context) {
  const { transport, answered, ...rest } = await conversation(kind, context);
  const { bytes, messages } = context;
  const ping = transport.make(bytes, wishes.echo);
  const pass = async (count) => {
    for (let turn = 0; turn < count; turn++) {
      const answer = answered();
      await transport.send(ping);
      if ((await answer).length !== bytes) throw new Error("the peer sent back something else");
    }
  };
  const warm = () => pass(Math.ceil(messages * WARM_SHARE));
  return { ...rest, units: messages, warm, work: () => pass(messages) };
}

const kinds = Object.keys(transports);

export const ways = Object.fromEntries(
  kinds.flatMap((kind) => [
    [kind, (context) => oneWay(kind, context)],
    [`${kind} back`, (context) => pingPong(kind, context)],
  ]),
);
