/** Messages: which lines send and receive on sockets, and whether one side waits for the other's answer. */
import type { BillLine } from "../bill/shape.ts";
import { sum } from "../bill/sum.ts";
import type { DescriptorKind } from "../recording.ts";
import type { Program } from "./evidence.ts";

const SOCKETS: ReadonlySet<DescriptorKind> = new Set(["unix", "tcp", "udp", "socket"] as const);
const SENDS = new Set("write writev sendto sendmsg sendmmsg".split(" "));
const RECEIVES = new Set("read readv recvfrom recvmsg recvmmsg".split(" "));
/** Of the messages one way, how many go the other way in a conversation. */
const ANSWERED = 0.5;

export function isMessage({ syscall, target }: BillLine): boolean {
  return SOCKETS.has(target.kind) && (SENDS.has(syscall) || RECEIVES.has(syscall));
}

export function isReceive({ syscall }: BillLine): boolean {
  return RECEIVES.has(syscall);
}

/** Whether the same socket is used about as often the other way: then each message waits for its answer. */
export function isConversation({ lines }: Program, line: BillLine): boolean {
  const back = lines.filter(
    (other) =>
      isMessage(other) &&
      isReceive(other) !== isReceive(line) &&
      other.process.id === line.process.id &&
      other.target.path === line.target.path,
  );
  return sum(back, ({ count }) => count) > ANSWERED * line.count;
}
