// Adds up the amounts of many records of a big file, found through an index: a call for each batch.
//   node library.mjs FOLDER RECORDS_OF_A_BATCH
import { join } from "node:path";
import { open } from "@crossbill/io";
import { amountOf, lookups, readIndex } from "./lookups.mjs";

const [, , folder, count] = process.argv;
const index = readIndex(join(folder, "records.index"));
const file = await open(join(folder, "records"));
const ranges = new Float64Array(2 * Number(count));
let [bytes, amount] = [0, 0];
for (const numbers of lookups(Number(count), index.length / 2)) {
  for (const [at, number] of numbers.entries()) {
    ranges[2 * at] = index[2 * number];
    ranges[2 * at + 1] = index[2 * number + 1];
  }
  const records = await file.readScatter(ranges);
  for (let at = 0, piece = 1; at < records.length; at += ranges[piece], piece += 2)
    amount += amountOf(records, at);
  bytes += records.length;
}
await file.close();
console.log(`${bytes} bytes of records, amounts of ${amount}`);
