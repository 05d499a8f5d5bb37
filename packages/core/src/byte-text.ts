/**
 * Byte text: names as the kernel keeps them (any bytes) as JavaScript strings and back, without loss.
 *
 * Valid UTF-8 is decoded. Each byte b that is not part of valid UTF-8 becomes the lone surrogate
 * U+DC00 + b, as in PEP 383 ("surrogateescape"); JSON writes those as \udcXX, so files stay ASCII
 * there and the bytes come back exactly.
 */
import { RecorderError } from "./errors.ts";

const ESCAPE_BASE = 0xdc00;

/** Decodes any byte sequence; `encodeBytes` gives the same bytes back. */
export function decodeBytes(bytes: Uint8Array): string {
  let text = "";
  let at = 0;
  while (at < bytes.length) {
    const first = bytes[at] ?? 0;
    const length = sequenceLength(bytes, at);
    if (length === 0) {
      text += String.fromCharCode(ESCAPE_BASE + first);
      at += 1;
    } else {
      text += String.fromCodePoint(codePointAt(bytes, at, length));
      at += length;
    }
  }
  return text;
}

/**
 * Turns decoded text into its bytes. A surrogate that `decodeBytes` never produces (it can only come
 * from elsewhere) becomes U+FFFD, as TextEncoder does.
 */
export function encodeBytes(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (code >= ESCAPE_BASE + 0x80 && code <= ESCAPE_BASE + 0xff) bytes.push(code - ESCAPE_BASE);
    else pushCodePoint(bytes, code >= 0xd800 && code <= 0xdfff ? 0xfffd : code);
  }
  return Uint8Array.from(bytes);
}

/**
 * Decodes a string whose code units are bytes, as recorders write names.
 * @throws RecorderError when a code unit is above 0xff: no recorder of ours wrote it.
 */
export function decodeByteString(latin1: string): string {
  const bytes = new Uint8Array(latin1.length);
  let ascii = true;
  for (let at = 0; at < latin1.length; at += 1) {
    const unit = latin1.charCodeAt(at);
    ascii &&= unit < 0x80;
    if (unit > 0xff)
      throw new RecorderError("the recorder's stream holds a name that is not bytes");
    bytes[at] = unit;
  }
  return ascii ? latin1 : decodeBytes(bytes);
}

/** Length of the valid UTF-8 sequence at `at`, 0 when there is none (RFC 3629, section 4). */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const second = bytes[at + 1] ?? 0;
  if (first >= 0xc2 && first <= 0xdf) return isTail(second) ? 2 : 0;
  const tail = isTail(bytes[at + 2] ?? 0);
  if (first >= 0xe0 && first <= 0xef) {
    const low = first === 0xe0 ? 0xa0 : 0x80; // Below: overlong.
    const high = first === 0xed ? 0x9f : 0xbf; // Above: surrogates.
    return second >= low && second <= high && tail ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const low = first === 0xf0 ? 0x90 : 0x80; // Below: overlong.
    const high = first === 0xf4 ? 0x8f : 0xbf; // Above: beyond U+10FFFF.
    return second >= low && second <= high && tail && isTail(bytes[at + 3] ?? 0) ? 4 : 0;
  }
  return 0;
}

function isTail(byte: number): boolean {
  return byte >= 0x80 && byte <= 0xbf;
}

function codePointAt(bytes: Uint8Array, at: number, length: number): number {
  const first = bytes[at] ?? 0;
  if (length === 1) return first;
  let code = first & (0x7f >> length);
  for (let tail = 1; tail < length; tail += 1) {
    code = (code << 6) | ((bytes[at + tail] ?? 0) & 0x3f);
  }
  return code;
}

function pushCodePoint(bytes: number[], code: number): void {
  if (code < 0x80) bytes.push(code);
  else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 0x3f));
  else if (code < 0x10000) {
    bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
  } else {
    bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 0x3f));
    bytes.push(0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
  }
}
