/** walk-fs: a tree of folders by `node:fs`, with the same results as the native part. */
import * as fs from "node:fs";
import { constants } from "node:os";
import { errnoOf, StatusColumns } from "./status-columns.ts";
import type { WalkFound } from "./walk-batch.ts";
import type { WalkPlan } from "./walk-native.ts";

/** As many as the native part puts into a batch. */
const BATCH_ENTRIES = 2048;
/** Statuses asked for at a time: more than the pool has threads. */
const CONCURRENCY = 16;
const SLASH = Buffer.from("/");
const NUL = Buffer.alloc(1);

/** A folder that is to be visited, or gone on with. */
interface Folder {
  readonly parent: Folder | null;
  readonly name: Buffer;
  readonly depth: number;
  /** From the root on. */
  readonly path: Buffer;
  readonly isLink: boolean;
  identity: { readonly dev: bigint; readonly ino: bigint } | null;
  entries: readonly Listed[];
  at: number;
}

interface Listed {
  readonly name: Buffer;
  readonly isFolder: boolean;
}

/** What fs says of an entry. */
interface Answer {
  readonly status: fs.BigIntStats | null;
  readonly errno: number;
}

/** Gathers what becomes a batch. */
class Gathering {
  readonly #names: Buffer[] = [];
  readonly #answers: Answer[] = [];
  readonly #runs: number[] = [];
  readonly #paths: Buffer[] = [];
  #pathBytes = 0;

  get length(): number {
    return this.#answers.length;
  }

  /** What is put from here on lies in the folder of this path. */
  run(depth: number, path: Buffer): void {
    this.#runs.push(this.length, depth, this.#pathBytes, this.#pathBytes + path.length);
    this.#paths.push(path);
    this.#pathBytes += path.length;
  }

  put(name: Buffer, answer: Answer): void {
    this.#names.push(name, NUL);
    this.#answers.push(answer);
  }

  take(): WalkFound {
    const columns = StatusColumns.ofLength(this.#answers.length);
    const nameEnds = new Uint32Array(this.#answers.length);
    let end = -1;
    for (const [row, { status, errno }] of this.#answers.entries()) {
      columns.put(row, status, errno);
      end += (this.#names[row * 2]?.length ?? 0) + 1;
      nameEnds[row] = end;
    }
    const runs = Uint32Array.from(this.#runs);
    const [names, paths] = [Buffer.concat(this.#names), Buffer.concat(this.#paths)];
    return { columns, names, nameEnds, runs, paths };
  }
}

/** Batches, none of them empty. Keeps the names of the folders on the way down. */
export async function* walkByFs(plan: WalkPlan): AsyncGenerator<WalkFound, void, undefined> {
  const stack: Folder[] = [folderOf(null, plan.root, true)];
  let gathering = new Gathering();
  let device: bigint | null = null;
  for (let folder = stack.pop(); folder !== undefined; folder = stack.pop()) {
    plan.signal?.throwIfAborted();
    if (folder.identity === null) await begin(folder, device, plan, gathering);
    device ??= folder.identity?.dev ?? null; // Of the root, which comes first.
    const found = await goOn(folder, plan, gathering);
    if (folder.at < folder.entries.length) stack.push(folder);
    stack.push(...found.toReversed());
    if (gathering.length < BATCH_ENTRIES) continue;
    yield gathering.take();
    gathering = new Gathering();
  }
  if (gathering.length > 0) yield gathering.take();
}

function folderOf(parent: Folder | null, name: Buffer, isLink: boolean): Folder {
  const depth = parent === null ? 0 : parent.depth + 1;
  const path = parent === null ? Buffer.alloc(0) : join(parent.path, name);
  return { parent, name, depth, path, isLink, identity: null, entries: [], at: 0 };
}

function join(folder: Buffer, name: Buffer): Buffer {
  if (folder.length === 0) return name;
  return Buffer.concat(folder.at(-1) === SLASH[0] ? [folder, name] : [folder, SLASH, name]);
}

/** Lists a folder, and tells of it; the root is not told, so what fails with it is thrown. */
async function begin(
  folder: Folder,
  device: bigint | null,
  plan: WalkPlan,
  gathering: Gathering,
): Promise<void> {
  const { parent, name } = folder;
  const path = parent === null ? plan.root : join(plan.root, folder.path);
  const { status, errno: missing } = await ask(path, folder.isLink);
  folder.identity = status ?? { dev: 0n, ino: 0n };
  const isElsewhere = plan.sameFileSystem && device !== null && status?.dev !== device;
  let errno = plan.followSymlinks && isLoop(folder) ? -constants.errno.ELOOP : missing;
  if (parent === null || (errno === 0 && !isElsewhere && status?.isDirectory() === true))
    try {
      folder.entries = await list(path, plan.sorted);
    } catch (error) {
      if (parent === null) throw error;
      errno = errnoOf(error);
    }
  if (parent === null) return;
  gathering.run(folder.depth, parent.path);
  gathering.put(name, { status, errno });
}

async function list(path: Buffer, isSorted: boolean): Promise<Listed[]> {
  const entries = await fs.promises.readdir(path, { withFileTypes: true, encoding: "buffer" });
  const listed = entries.map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() }));
  return isSorted ? listed.toSorted((a, b) => Buffer.compare(a.name, b.name)) : listed;
}

/** Whether a folder, found by a link, is one of those above it. */
function isLoop({ identity, parent }: Folder): boolean {
  for (let above = parent; above !== null; above = above.parent)
    if (above.identity?.ino === identity?.ino && above.identity?.dev === identity?.dev) return true;
  return false;
}

/** Tells of the next entries of a folder; returns those to be entered. Of a sorted walk, until the first. */
async function goOn(folder: Folder, plan: WalkPlan, gathering: Gathering): Promise<Folder[]> {
  const isEntered = folder.depth + 1 < plan.depth;
  const some = folder.entries.slice(folder.at, folder.at + CONCURRENCY);
  const answers = await Promise.all(
    some.map(({ name, isFolder }) =>
      isFolder && isEntered
        ? Promise.resolve(null)
        : askEntry(join(plan.root, join(folder.path, name)), plan),
    ),
  );
  const found: Folder[] = [];
  gathering.run(folder.depth + 1, folder.path);
  for (const [index, { name }] of some.entries()) {
    folder.at++;
    const answer = answers[index] ?? null;
    if (answer === null || (isEntered && answer.errno === 0 && answer.status?.isDirectory()))
      found.push(folderOf(folder, name, answer?.isLink === true));
    else gathering.put(name, answer);
    if (plan.sorted && found.length > 0) break;
  }
  return found;
}

async function ask(path: Buffer, follow: boolean): Promise<Answer> {
  try {
    const asked = follow ? fs.promises.stat : fs.promises.lstat;
    return { status: await asked(path, { bigint: true }), errno: 0 };
  } catch (error) {
    return { status: null, errno: errnoOf(error) };
  }
}

/** Of a link that is followed, what it leads to; of one that leads nowhere, the link and the error. */
async function askEntry(path: Buffer, plan: WalkPlan): Promise<Answer & { isLink?: boolean }> {
  const own = await ask(path, false);
  if (!plan.followSymlinks || own.status?.isSymbolicLink() !== true) return own;
  const target = await ask(path, true);
  if (target.errno !== 0) return { status: own.status, errno: target.errno };
  return { ...target, isLink: true };
}
