/**
 * transports: the ways to hand messages to another process, each with the same four members. A message
 * says by its first byte what is wanted of the receiver.
 *
 * - `make(bytes, wish)`: a message of so many bytes.
 * - `send(message)`: undefined, or a promise to wait for before the next.
 * - `flush()`: nothing more is sent for now.
 * - `listen(onMessage)`: calls it with each message.
 */
import { connect as connectSocket, createServer } from "node:net";
import { channel } from "../../../packages/io/dist/index.js";

/** Receive only; say how many have come; send it back. */
export const wishes = { none: 48, count: 49, echo: 50 };

/** Sends between two that are waited for: enough to keep the pipe full, few enough for the memory. */
const BURST = 256;
const CORKED = 64;
const HEADER_BYTES = 4;
/** Copying so little costs less than a piece more in a writev. */
const SMALL_BYTES = 4096;

const bytesOf = (bytes, wish) => Buffer.alloc(bytes, wish);

/** `channelled`: the ChildProcess on one side, `process` on the other. */
function processSend(channelled, make) {
  let sent = 0;
  return {
    make,
    send(message) {
      if (++sent % BURST !== 0) return void channelled.send(message);
      return new Promise((resolve, reject) => {
        channelled.send(message, (error) => (error ? reject(error) : resolve()));
      });
    },
    flush: () => undefined,
    listen(onMessage) {
      channelled.on("message", (message) => {
        if (message.control === undefined) onMessage(message);
      });
    },
  };
}

/** Calls `onMessage` with each frame of a length and as many bytes, however they arrive. */
function frameReader(onMessage) {
  let chunks = [];
  let [had, wanted] = [0, HEADER_BYTES];
  return (chunk) => {
    chunks.push(chunk);
    had += chunk.length;
    if (had < wanted) return;
    const block = chunks.length === 1 ? chunk : Buffer.concat(chunks, had);
    let at = 0;
    wanted = HEADER_BYTES;
    while (block.length - at >= HEADER_BYTES) {
      const end = at + HEADER_BYTES + block.readUInt32LE(at);
      wanted = end - at;
      if (end > block.length) break;
      onMessage(block.subarray(at + HEADER_BYTES, end));
      at = end;
      wanted = HEADER_BYTES;
    }
    chunks = at < block.length ? [block.subarray(at)] : [];
    had = block.length - at;
  };
}

/** Writes a frame: small ones as one piece of memory, large ones without copying them. */
function writeFrame(socket, message) {
  const isSmall = message.length <= SMALL_BYTES;
  const header = Buffer.allocUnsafe(HEADER_BYTES + (isSmall ? message.length : 0));
  header.writeUInt32LE(message.length);
  if (isSmall) {
    header.set(message, HEADER_BYTES);
    return socket.write(header);
  }
  socket.cork();
  socket.write(header);
  const hasRoom = socket.write(message);
  socket.uncork();
  return hasRoom;
}

/** `gathered`: messages are corked, as a program would do that knows that more will come. */
function socketTransport(socket, gathered) {
  let held = 0;
  const flush = () => {
    if (held > 0) socket.uncork();
    held = 0;
  };
  return {
    make: bytesOf,
    send(message) {
      if (gathered && held++ === 0) socket.cork();
      const hasRoom = writeFrame(socket, message);
      if (gathered && held < CORKED) return undefined;
      flush();
      return hasRoom ? undefined : new Promise((resolve) => socket.once("drain", resolve));
    },
    flush,
    listen: (onMessage) => socket.on("data", frameReader(onMessage)),
  };
}

function channelTransport(ours) {
  return {
    make: bytesOf,
    send: (message) => ours.send(message),
    flush: () => undefined,
    async listen(onMessage) {
      for await (const message of ours) onMessage(message);
    },
  };
}

/** As `channelTransport`; a promise for each batch of what has come, not for each message. */
function batchTransport(ours) {
  return {
    ...channelTransport(ours),
    async listen(onMessage) {
      for await (const batch of ours.batches()) for (const message of batch) onMessage(message);
    },
  };
}

/** Who comes second finds the first listening. */
function meetBySocket(path, isParent) {
  if (!isParent) {
    const socket = connectSocket(path);
    return new Promise((resolve, reject) => {
      socket.once("connect", () => resolve(socket)).once("error", reject);
    });
  }
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      server.close();
      resolve(socket);
    });
    server.once("error", reject).listen(path);
  });
}

const text = (bytes, wish) => String.fromCharCode(wish).repeat(bytes);

/**
 * Each connects with the other side: `peer` is the other's ChildProcess, or this process in the child,
 * `path` where sockets meet, which is listened to before the child is started.
 */
export const transports = {
  json: ({ peer }) => processSend(peer, text),
  advanced: ({ peer }) => processSend(peer, bytesOf),
  socket: async ({ path, isParent }) => socketTransport(await meetBySocket(path, isParent), false),
  corked: async ({ path, isParent }) => socketTransport(await meetBySocket(path, isParent), true),
  channel: async ({ name }) => channelTransport(await channel(name)),
  batches: async ({ name }) => batchTransport(await channel(name)),
};
