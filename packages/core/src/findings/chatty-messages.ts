/** chatty-messages: small messages go one way over a socket, each in a call of its own. */
import { addIntervals } from "../statistics.ts";
import { bytesOf, countOf, type Evidence, less, type Program, placeOf } from "./evidence.ts";
import type { Candidate, FindingRule } from "./finding.ts";
import { grouped, sleepsOf, wakingTime } from "./handover.ts";
import { isConversation, isMessage } from "./messages.ts";

/** A batch that one call moves, and the messages that go into it at most. */
const BATCH_BYTES = 16_384;
const MOST = 64;
/** From here on a message is no longer small: moving the bytes costs as much as the call. */
const SMALL_BYTES = 1024;

function look(evidence: Evidence): Candidate[] {
  return evidence.programs.flatMap((program) => candidate(evidence, program));
}

function candidate(evidence: Evidence, program: Program): Candidate[] {
  const lines = program.lines.filter(
    (line) =>
      isMessage(line) &&
      line.bytes > 0 &&
      line.bytes / line.count < SMALL_BYTES &&
      !isConversation(program, line),
  );
  const calls = countOf(lines);
  if (calls === 0) return [];
  const averageBytes = bytesOf(lines) / calls;
  const batch = Math.min(MOST, BATCH_BYTES / averageBytes);
  const batches = { low: batch / 4, likely: batch, high: batch };
  const now = evidence.cpuCost(lines);
  const waking = wakingTime(evidence, lines, Math.min(calls, sleepsOf(program, lines)));
  const copied = evidence.copying(bytesOf(lines), BATCH_BYTES);
  return [
    {
      ...placeOf(program, lines),
      saving: less(grouped(now, batches), addIntervals(copied, copied)),
      waitSaving: grouped(waking, batches),
      boundNs: now.high + waking.high,
      evidence: {
        calls,
        averageBytes: Math.round(averageBytes),
        messagesAtATime: Math.round(batch),
      },
    },
  ];
}

export const chattyMessages: FindingRule = {
  code: "chatty-messages",
  title: "small messages, a call for each",
  needs: "Many sends or receives of few bytes on sockets.",
  gate: "Not where about as many messages go back on the same socket: each waits for its answer.",
  priced:
    "What the calls cost now and the time until the woken side runs, for all but one of up to 64 " +
    "messages, less copying the batches.",
  fix: {
    c:
      "gather messages in a buffer and send it when it is full or the queue is empty;\n" +
      "receive into 16 KiB and take messages from it; datagrams: sendmmsg, recvmmsg",
    node: "socket.cork(); several writes; process.nextTick(() => socket.uncork())",
    python: "sock.sendall(b''.join(messages)); recv(16384) and split",
    go: "w := bufio.NewWriterSize(conn, 16384); Flush when the queue is empty",
  },
  beware:
    "The first message of a batch waits for the last: send at once when nothing else is queued. A " +
    "stream has no borders: messages need a length in front.",
  trial: null,
  look,
};
