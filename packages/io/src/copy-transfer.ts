/** copy-transfer: what a copy is to be, checked. */

/** One copy, as the native part and fs are asked for it. */
export interface CopyTransfer {
  readonly from: string | Buffer;
  readonly to: string | Buffer;
  readonly exclusive: boolean;
  readonly reflink: "auto" | "always" | "never";
  /** Permissions; undefined: those of the source. */
  readonly mode: number | undefined;
  /** Bytes done, and all of them: written while they are moved. */
  readonly progress: BigUint64Array;
}
