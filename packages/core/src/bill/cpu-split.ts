/** CPU split: what each way of splitting one process's CPU time returns. */

/** Nanoseconds, not yet rounded, none negative. */
export interface CpuSplit {
  readonly boundaryNs: number;
  /** The recorder's own cost, to be subtracted from the wall time. */
  readonly overheadNs: number;
  readonly userNs: number;
  readonly faultCpuNs: number;
  /** All kernel work of the process: its lines' and that of calls no line holds. */
  readonly kernelNs: number;
  /** Proportions of kernelNs, line by line. */
  readonly lineKernel: readonly number[];
  /** The proportion of calls no line holds: unfinished or not itemised. */
  readonly restKernel: number;
}
