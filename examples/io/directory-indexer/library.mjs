// Indexes the files of a tree: one walk.
//   node library.mjs FOLDER
import { join } from "node:path";
import { walk } from "@crossbill/io";
import { Index } from "./index.mjs";

const index = new Index();
for await (const entry of walk(join(process.argv[2], "tree")))
  if (entry.isFile()) index.add(entry.path, entry.size);
index.print();
