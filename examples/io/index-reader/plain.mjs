// Adds up the amounts of many records of a big file, found through an index: a read for each record.
//   node plain.mjs FOLDER RECORDS_OF_A_BATCH
import { closeSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { amountOf, lookups, readIndex } from "./lookups.mjs";

const [, , folder, count] = process.argv;
const index = readIndex(join(folder, "records.index"));
const file = openSync(join(folder, "records"));
const record = Buffer.alloc(1024);
let [bytes, amount] = [0, 0];
for (const numbers of lookups(Number(count), index.length / 2)) {
  for (const number of numbers) {
    bytes += readSync(file, record, 0, index[2 * number + 1], index[2 * number]);
    amount += amountOf(record, 0);
  }
}
closeSync(file);
console.log(`${bytes} bytes of records, amounts of ${amount}`);
