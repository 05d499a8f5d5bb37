/** message-peer: the process at the other end: it touches each message and does what the message wishes. */
import { transports, wishes } from "./transports.js";

const [, , kind, path, name, touchBytes] = process.argv;
const step = Number(touchBytes);
const transport = await transports[kind]({ peer: process, path, name, isParent: false });
let count = 0;
let touched = 0;

function wishOf(message) {
  if (typeof message === "string") return message.charCodeAt(0);
  for (let at = 0; at < message.length; at += step) touched += message[at];
  return message[0];
}

transport.listen((message) => {
  const wish = wishOf(message);
  count++;
  if (wish === wishes.none) return;
  if (wish === wishes.echo) {
    count = 0;
    void transport.send(message);
  } else {
    void transport.send(answer(count));
    count = 0;
  }
  transport.flush();
});

/** As text of digits, so that every transport can carry it. */
function answer(number) {
  const digits = String(number);
  const message = transport.make(digits.length, wishes.none);
  if (typeof message === "string") return digits;
  message.write(digits);
  return message;
}

process.on("message", ({ control }) => {
  if (control !== "cpu") return;
  const { user, system } = process.cpuUsage();
  process.send({ control, cpuNs: (user + system) * 1000, touched });
});
process.on("disconnect", () => process.exit());
process.send({ control: "ready" });
