// Collects lines from a Unix socket until it ends.
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { Tally } from "./tally.mjs";

const tally = new Tally();
for await (const line of createInterface({ input: connect(process.argv[2]) })) tally.add(line);
tally.print();
