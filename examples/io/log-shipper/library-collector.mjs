// Collects messages from a channel until it ends.
import { channel } from "@crossbill/io";
import { Tally } from "./tally.mjs";

const tally = new Tally();
const link = await channel(process.argv[2]);
for await (const message of link) tally.add(message.latin1Slice());
link.close();
tally.print();
