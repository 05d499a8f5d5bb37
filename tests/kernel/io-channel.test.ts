/** Channels between processes and threads: who dies when, what is left, who may come in. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import * as fs from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { afterAll, expect, it } from "vitest";
import { type Channel, channel, channelPair } from "../../packages/io/src/channel.ts";
import { channelReceiver, channelSender } from "../../packages/io/src/channel-receiver.ts";
import { IoError } from "../../packages/io/src/errors.ts";

const folder = fs.mkdtempSync(join(tmpdir(), "crossbill-io-channel-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const entry = join(import.meta.dirname, "../../packages/io/dist/index.js");
const addon = join(import.meta.dirname, "../../packages/native/build/crossbill-io.node");
const run = promisify(execFile);
const name = (what: string) => `test-${process.pid}-${what}`;

/** The path of a program that has the library and says what it has by `say`. */
function programOf(text: string): string {
  const path = join(folder, `program-${fs.readdirSync(folder).length}.mjs`);
  const imports = `import * as io from ${JSON.stringify(entry)};
import { workerData } from "node:worker_threads";
const { channel, channelPair, channelReceiver, channelSender } = io;
const say = (value) => process.stdout.write(JSON.stringify(value));\n`;
  fs.writeFileSync(path, imports + text);
  return path;
}

/** A child that has the other end as descriptor 3. */
function childOf(text: string, options = {}): Other {
  const [ours, end] = channelPair(options);
  const child = spawn(process.execPath, [programOf(text)], {
    stdio: ["ignore", "pipe", "inherit", end.fd],
  });
  end.close();
  return { ours, child, output: outputOf(child) };
}

interface Other {
  readonly ours: Channel;
  readonly child: ChildProcess;
  /** All it says, when it has ended. */
  readonly output: Promise<string>;
}

const outputOf = (child: ChildProcess) =>
  new Promise<string>((resolve) => {
    let output = "";
    child.stdout?.on("data", (text: Buffer) => {
      output += text.toString();
    });
    child.once("close", () => resolve(output));
  });

const codeOf = async (waiting: Promise<unknown> | undefined) => {
  try {
    await waiting;
    return "none";
  } catch (error) {
    return error instanceof IoError ? error.code : error;
  }
};

/** Mappings and sockets of channels in this process, and their names on this machine. */
function leftovers(): Record<string, number> {
  const targets = fs.readdirSync("/proc/self/fd").map((fd) => {
    try {
      return fs.readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return ""; // Of the folder itself, which is closed by now.
    }
  });
  const count = (path: string, text: string) =>
    fs.readFileSync(path, "utf8").split(text).length - 1;
  return {
    mappings: count("/proc/self/maps", "crossbill-channel"),
    sockets: targets.filter((target) => target.startsWith("socket:")).length,
    memory: targets.filter((target) => target.includes("crossbill-channel")).length,
    names: count("/proc/net/unix", `@crossbill-io/${process.geteuid?.()}/pair/${name("")}`),
    files: fs.readdirSync("/dev/shm").filter((file) => file.includes("crossbill")).length,
  };
}

/** The same when dead processes and closed sockets have been heard of, which takes turns. */
async function settled(): Promise<Record<string, number>> {
  await new Promise((resolve) => setTimeout(resolve, 50));
  return leftovers();
}

/** Less may be left, as garbage of the tests before is collected at any time. */
async function expectNothingNew(before: Record<string, number>): Promise<void> {
  for (const [what, count] of Object.entries(await settled()))
    expect(count, what).toBeLessThanOrEqual(before[what] ?? 0);
}

it("carries 10,007 messages to a child and back", async () => {
  const { ours, output } = childOf(`const end = await channel(3);
    for await (const message of end) await end.send(message);
    await end.end();
    end.close();`);
  const sending = (async () => {
    for (let count = 0; count < 10_007; count++) await ours.send(Buffer.from(`message ${count}`));
    await ours.end();
  })();
  let next = 0;
  for await (const message of ours) expect(message.toString()).toBe(`message ${next++}`);
  expect(next).toBe(10_007);
  await sending;
  expect(await output).toBe("");
  ours.close();
});

it("joins a worker, with messages longer than the ring", async () => {
  const [ours, end] = channelPair({ ringBytes: 4096 });
  const text = `const end = await channel(workerData.end);
    for await (const message of end) await end.send(message.fill(message.length));
    await end.end();
    end.close();`;
  const worker = new Worker(programOf(text), { workerData: { end: end.give() } });
  for (const length of [0, 1, 2040, 2041, 4096, 100_003]) {
    await ours.send(Buffer.alloc(length));
    expect(await ours.receive()).toEqual(Buffer.alloc(length, length));
  }
  await ours.end();
  expect(await ours.receive()).toBeUndefined();
  await new Promise((resolve) => worker.once("exit", resolve));
  ours.close();
});

it("tells of a worker that was terminated", async () => {
  const [ours, end] = channelPair();
  const text = `const end = await channel(workerData.end); await end.send(Buffer.from("here"));
    for await (const message of end);`;
  const worker = new Worker(programOf(text), { workerData: { end: end.give() } });
  expect((await ours.receive())?.toString()).toBe("here");
  void worker.terminate();
  expect(await codeOf(ours.receive())).toBe("ERR_PEER_DIED");
});

it("receives from three workers and three processes at once, each in order", async () => {
  const where = name("many");
  const receiver = channelReceiver(where);
  const path = programOf(`const who = workerData?.who ?? process.argv[2];
    const sender = await channelSender(${JSON.stringify(where)}, { ringBytes: 8192 });
    for (let count = 0; count < 1009; count++) {
      const message = Buffer.alloc(8 + ((count * 7919) % 6000), count);
      message[0] = who;
      message.writeUInt32LE(count, 4);
      await sender.send(message);
    }
    await sender.end();
    sender.close();`);
  for (const who of [0, 1, 2]) {
    const worker = new Worker(path, { workerData: { who } });
    worker.once("error", (error) => expect(error).toBeUndefined());
    spawn(process.execPath, [path, String(3 + who)], { stdio: "inherit" });
  }
  const next = [0, 0, 0, 0, 0, 0];
  for await (const message of receiver) {
    const who = message[0] ?? 6;
    const count = message.readUInt32LE(4);
    expect(count).toBe(next[who]);
    next[who] = count + 1;
    expect(message.length).toBe(8 + ((count * 7919) % 6000));
    expect(message.subarray(8).every((byte) => byte === count % 256)).toBe(true);
    if (next.every((messages) => messages === 1009)) break;
  }
  receiver.close();
});

it("delivers all that a killed sender has written, then says that it died, and leaves nothing", async () => {
  const before = await settled();
  for (let turn = 0; turn < 5; turn++) {
    const { ours, child } = childOf(
      `const end = await channel(3);
      for (let count = 0; ; count++) await end.send(Buffer.alloc(count % 9000, count));`,
      { ringBytes: 16_384 },
    );
    const last = Math.floor(Math.random() * 5000);
    let next = 0;
    const receiving = (async () => {
      for await (const message of ours) {
        expect(message.length).toBe(next % 9000);
        expect(message.every((byte) => byte === next % 256)).toBe(true);
        if (next++ === last) child.kill("SIGKILL");
      }
    })();
    expect(await codeOf(receiving), `killed at message ${last}`).toBe("ERR_PEER_DIED");
    expect(next).toBeGreaterThan(last);
  }
  await expectNothingNew(before);
});

it("fails what waits for a killed receiver, and leaves nothing", async () => {
  const before = await settled();
  for (let turn = 0; turn < 5; turn++) {
    const { ours, output } = childOf(`const end = await channel(3);
      let left = ${Math.floor(Math.random() * 1000)};
      for await (const message of end) if (left-- === 0) process.kill(process.pid, "SIGKILL");`);
    const sending = (async () => {
      for (;;) await ours.send(Buffer.alloc(5000));
    })();
    expect(await codeOf(sending)).toBe("ERR_PEER_DIED");
    expect(await codeOf(ours.receive())).toBe("ERR_PEER_DIED");
    expect(() => ours.sendSync(Buffer.alloc(1))).toThrow(/ERR_PEER_DIED/);
    await output;
  }
  await expectNothingNew(before);
});

it("wakes a thread that is blocked when the other end is closed or killed", async () => {
  const { ours, output } = childOf(`const end = await channel(3);
    await end.send(Buffer.from("here"));
    for (const wait of [() => end.receiveSync(), () => { for (;;) end.sendSync(Buffer.alloc(9999)); }])
      try { wait(); } catch (error) { say(error.code + " "); }
    process.exit();`);
  expect((await ours.receive())?.toString()).toBe("here");
  await settled();
  ours.close();
  expect(await output).toBe('"ERR_PEER_CLOSED "');

  const killed = childOf(`await channel(3);
    setTimeout(() => process.kill(process.pid, "SIGKILL"), 20);`);
  expect(() => killed.ours.receiveSync()).toThrow(/ERR_PEER_DIED/);
});

it("takes the end of a process without end() for its death, and with it for the end", async () => {
  for (const [farewell, code] of [
    ["", "ERR_PEER_DIED"],
    ["await end.end();", "none"],
  ] as const) {
    const { ours } = childOf(
      `const end = await channel(3); await end.send(Buffer.from("here")); ${farewell} process.exit();`,
    );
    const received: string[] = [];
    const receiving = (async () => {
      for await (const message of ours) received.push(message.toString());
    })();
    expect(await codeOf(receiving)).toBe(code);
    expect(received).toEqual(["here"]);
    ours.close();
  }
});

it("frees a name when its holder is killed", async () => {
  const where = name("killed");
  const path = programOf(`say("waiting"); await channel(${JSON.stringify(where)});`);
  for (let turn = 0; turn < 3; turn++) {
    const child = spawn(process.execPath, [path], { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    child.kill("SIGKILL");
    await outputOf(child);
  }
  const [one, other] = await Promise.all([channel(where), channel(where)]);
  one.sendSync(Buffer.from("free"));
  expect(other.receiveSync()?.toString()).toBe("free");
  one.close();
  other.close();
  expect((await settled())["names"]).toBe(0);
});

/** As another user, who may not read what root's folders have. */
const asNobody = { uid: 65_534, gid: 65_534 };

it.runIf(process.getuid?.() === 0)("refuses a name that another user holds", async () => {
  const where = name("foreign");
  const address = `crossbill-io/0/pair/${where}`;
  const listen = `import socket, sys
for name in sys.argv[1:]:
    door = socket.socket(socket.AF_UNIX)
    door.bind("\\0" + name)
    door.listen()
    globals()[name] = door
print("held", flush=True)
sys.stdin.read()`;
  const holder = spawn("/usr/bin/python3", ["-c", listen, `${address}/knock`, address], asNobody);
  await new Promise((resolve) => holder.stdout.once("data", resolve));
  await expect(channel(where)).rejects.toThrow(/^EACCES: another user holds the name/);
  holder.stdin.end();
  await outputOf(holder);
});

it.runIf(process.getuid?.() === 0)("lets no other user in", async () => {
  const where = name("visited");
  const meeting = channel(where);
  const visitors = `import os, socket, sys
for name in sys.argv[1:]:
    door = socket.socket(socket.AF_UNIX)
    door.connect("\\0" + name)
    memory = os.memfd_create("x")
    socket.send_fds(door, [b"c"], [memory])
    door.close()
    print(name)`;
  const address = `crossbill-io/0/pair/${where}`;
  const addresses = [address, `${address}/knock`, address];
  const { stdout } = await run("/usr/bin/python3", ["-c", visitors, ...addresses], asNobody);
  expect(stdout.split("\n")).toHaveLength(4);
  await settled();
  const guest = await channel(where);
  const host = await meeting;
  guest.sendSync(Buffer.from("mine"));
  expect(host.receiveSync()?.toString()).toBe("mine");
  guest.close();
  host.close();
});

it("lets guests in when it has descriptors again", async () => {
  const where = name("full");
  const path = programOf(`import fs from "node:fs";
    const receiver = channelReceiver(${JSON.stringify(where)});
    const held = [];
    try { for (;;) held.push(fs.openSync("/dev/null")); } catch {}
    say("full");
    setTimeout(() => held.forEach((fd) => fs.closeSync(fd)), 100);
    let message;
    while (message === undefined) message = await receiver.receive().catch(() => {});
    say(message.toString());
    receiver.close();`);
  const limited = ["-c", `ulimit -n 64; exec "$0" "$1"`, process.execPath, path];
  const child = spawn("bash", limited, { stdio: ["ignore", "pipe", "inherit"] });
  const output = outputOf(child);
  await new Promise((resolve) => child.stdout.once("data", resolve));
  const sender = await channelSender(where);
  await sender.send(Buffer.from("at last"));
  await sender.end();
  sender.close();
  expect(await output).toBe('"full""at last"');
});

it.each([
  ["no seals", "memory = os.memfd_create('x', os.MFD_ALLOW_SEALING); os.truncate(memory, 12288)"],
  ["another size", "memory = sealed(12289)"],
  ["no bytes", "memory = sealed(0)"],
  ["rings that are no power of two", "memory = sealed(4096 * 7)"],
  ["no mark of a channel", "memory = sealed(12288)"],
  ["a folder", "memory = os.open('/tmp', os.O_RDONLY)"],
])("refuses memory with %s", async (_what, make) => {
  const native: { channelPair(): [number, number] } = createRequire(import.meta.url)(addon);
  const [ours, theirs] = native.channelPair();
  const pass = `import fcntl, os, socket
def sealed(size):
    memory = os.memfd_create("x", os.MFD_ALLOW_SEALING)
    os.truncate(memory, size)
    fcntl.fcntl(memory, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL)
    return memory
${make}
socket.send_fds(socket.socket(fileno=3), [b"c"], [memory])`;
  const child = spawn("/usr/bin/python3", ["-c", pass], {
    stdio: ["ignore", "pipe", "inherit", theirs],
  });
  await outputOf(child);
  expect(await codeOf(channel(ours))).toBe("EPROTO");
  fs.closeSync(ours);
  fs.closeSync(theirs);
});

it("keeps no process alive that does not wait, and fails without the native part", async () => {
  const idle = programOf(`const [ours] = channelPair(); ours.sendSync(Buffer.from("x"));
    const receiver = channelReceiver(${JSON.stringify(name("idle"))}); say("done");`);
  expect((await run(process.execPath, [idle])).stdout).toBe('"done"');
  const bare = programOf(`try { channelPair(); } catch (error) { say([error.name, error.code]); }
    await channel("x").catch((error) => say(error.message));`);
  const environment = { env: { ...process.env, CROSSBILL_IO_NATIVE: "0" } };
  const { stdout } = await run(process.execPath, [bare], environment);
  expect(stdout).toMatch(/^\["IoError","ERR_NO_NATIVE"\]"ERR_NO_NATIVE: a channel needs/);
});

it("makes a system call for a message only when the other end sleeps", async () => {
  const path = programOf(`const [ours, end] = channelPair();
    const other = await channel(end.give());
    for (let count = 0; count < 1009; count++) ours.sendSync(Buffer.from("x"));
    for (let count = 0; count < 1009; count++) other.receiveSync();
    for (let count = 0; count < 11; count++) {
      const waiting = other.receive();
      await new Promise((resolve) => setTimeout(resolve, 2));
      ours.sendSync(Buffer.from("y"));
      await waiting;
    }
    say(ours.explain().bellsRung);
    ours.close(); other.close();`);
  const log = join(folder, "calls");
  const watched = ["-f", "-e", "trace=sendto,sendmsg,futex", "-e", "signal=none", "-o", log];
  const { stdout } = await run("strace", [...watched, process.execPath, path]);
  const calls = fs.readFileSync(log, "utf8");
  const rung = calls.match(/sendto\(\d+, "b", 1/g)?.length ?? 0;
  expect(rung).toBe(Number(stdout));
  expect(rung).toBeGreaterThanOrEqual(11);
  expect(rung).toBeLessThan(20);
});
