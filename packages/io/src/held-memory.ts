/** held-memory: the caller's memory that an operation under way reads or writes in another thread. */

/**
 * Refuses memory that can be taken back by its owner while another thread uses it, which would end
 * the process: a resizable ArrayBuffer gives pages back when it shrinks. (One that grows only, as a
 * SharedArrayBuffer does, keeps them.)
 */
export function refuseResizable(memory: Uint8Array | readonly Uint8Array[]): void {
  for (const { buffer } of memory instanceof Uint8Array ? [memory] : memory)
    if (buffer instanceof ArrayBuffer && buffer.resizable)
      throw Object.assign(
        new TypeError("memory of a resizable ArrayBuffer is for the synchronous calls only"),
        { code: "ERR_INVALID_ARG_VALUE" },
      );
}
