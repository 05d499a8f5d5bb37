/** Return addresses: whether what was found on a stack can be one. x86-64. */

/** Bytes before an address that a call instruction takes at most, prefix left out. */
export const CALL_BYTES_MAX = 7;

/**
 * Whether the bytes end in a call instruction (Intel SDM, volume 2, CALL): `e8` with a distance, or
 * `ff /2` with a register or a place in memory. By accident about one in a hundred other places does.
 */
export function endsInCall(before: Uint8Array): boolean {
  if (before.length < CALL_BYTES_MAX) return false;
  if (before.at(-5) === 0xe8) return true;
  for (let bytes = 2; bytes <= CALL_BYTES_MAX; bytes++) {
    if (before.at(-bytes) === 0xff && indirectCallBytes(before.subarray(-bytes)) === bytes) {
      return true;
    }
  }
  return false;
}

/** The length of `ff /2` by its ModRM and SIB bytes; 0 when it is another instruction. */
function indirectCallBytes(code: Uint8Array): number {
  const modrm = code[1] ?? 0;
  if (((modrm >> 3) & 7) !== 2) return 0;
  const mode = modrm >> 6;
  const base = modrm & 7;
  if (mode === 3) return 2;
  const sib = base === 4 ? 1 : 0;
  if (mode === 1) return 3 + sib;
  if (mode === 2) return 6 + sib;
  const isFar = base === 5 || (sib === 1 && ((code[2] ?? 0) & 7) === 5);
  return (isFar ? 6 : 2) + sib;
}
