/** What sockets without a peer are called: alike by both recorders. */
import { expect, test } from "vitest";
import { recorders } from "./command-line.ts";
import { recordWith } from "./recorder-process.ts";

/** Nobody listens at port 1 (tcpmux). The families are AF_NETLINK and AF_PACKET. */
const script = `
import socket
for family, host in (socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"):
    one = socket.socket(family)
    assert one.connect_ex((host, 1)) != 0
    one.close()
socket.socket(16, 3, 0).close()
bound = socket.socket()
bound.bind(("127.0.0.1", 0))
bound.close()
`;

test.each(recorders)(
  "%s: no peer is made up, and what has no address is named",
  async (recorder) => {
    const facts = await recordWith(recorder, ["python3", "-c", script]);
    expect(facts.exit.code).toBe(0);
    const names = new Map(facts.targets.map(({ id, name }) => [id, name]));
    const closed = facts.lines
      .filter(({ syscall, kind }) => syscall === "close" && /^(tcp|socket)$/.test(kind))
      .map(({ target }) => (names.get(target ?? "") ?? "").replace(/:(\[?)\d+(\]?)$/, ":$1N$2"));
    expect(closed.toSorted((one, other) => (one < other ? -1 : 1))).toEqual([
      "127.0.0.1:N",
      "netlink protocol 0",
      "socket:[N]",
      "socket:[N]",
    ]);
  },
);
