/** @crossbill/io: input and output for Node.js that crosses into the kernel less often. */
/// <reference types="node" preserve="true" />
export {
  type BlockOptions,
  type Channel,
  type ChannelEnd,
  channel,
  channelPair,
} from "./channel.ts";
export type { ChannelOptions } from "./channel-options.ts";
export { ChannelPort, type PortEvents } from "./channel-port.ts";
export {
  type ChannelReceiver,
  channelReceiver,
  channelSender,
  type ReceiverOptions,
} from "./channel-receiver.ts";
export type { ChannelExplanation, MessageSource, WaitOptions } from "./channel-source.ts";
export type { Explanation, Mechanism } from "./choice.ts";
export {
  type CopyAsyncOptions,
  type CopyOptions,
  type CopyResult,
  copy,
  copySync,
} from "./copy.ts";
export type { CopyProgress } from "./copy-watch.ts";
export { IoError, type IoErrorDetails } from "./errors.ts";
export {
  type Abortable,
  type File,
  type Memory,
  type OpenOptions,
  open,
  openSync,
  type ReadOptions,
  type ScatterOptions,
} from "./file.ts";
export { type Lines, type LinesOptions, lines } from "./lines.ts";
export { type MapOptions, MappedFile, type MapSyncOptions, map, mapSync } from "./map.ts";
export type { Ranges } from "./ranges.ts";
export {
  type ReadFileOptions,
  type ReadFileSyncOptions,
  readFile,
  readFileSync,
} from "./read-file.ts";
export { type ReadStream, type ReadStreamOptions, readStream } from "./read-stream.ts";
export {
  type PathStatus,
  type StatAllOptions,
  type StatExplanation,
  type Statuses,
  statAll,
  statAllSync,
} from "./stat-all.ts";
export type { FileStatus, StatusColumns } from "./status-columns.ts";
export { type Walk, type WalkExplanation, type WalkOptions, walk } from "./walk.ts";
export type { WalkBatch, WalkEntry } from "./walk-batch.ts";
