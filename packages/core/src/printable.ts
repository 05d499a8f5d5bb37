/** Printable: makes any text safe to show on a terminal or in one line of a log. */

// Controls, format characters (bidi, zero-width), surrogates, private and unassigned code points,
// all separators but the plain space, and what Unicode asks renderers to hide.
const UNSAFE = /^[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]$/u;
// A mark joins what stands before it, which at the start of a text is not ours.
const MARK = /^\p{M}$/u;
// Approximates East Asian Width W and F without a table of our own.
const WIDE =
  /^[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Hang}\p{EPres}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]$/u;
const ELLIPSIS = "…";
/** More marks on one character are drawn over neighbouring lines by many terminals. */
const MARKS_IN_A_ROW = 3;

const namedEscapes: ReadonlyMap<string, string> = new Map([
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
  ["\\", "\\\\"],
]);

export interface PrintableOptions {
  /** Columns of the terminal the result may take; longer texts are cut and marked by "…". */
  readonly maxWidth?: number;
  /** Which part gives way; "middle" suits paths. Default: "end". */
  readonly cut?: "start" | "middle" | "end";
}

/**
 * Shows every character that could move the cursor, hide or reorder text as a visible escape:
 * `\n`, `\x1b`, `\u202e`, and `\xff` for a byte that was not UTF-8. A backslash is doubled, so
 * that two different texts never look alike.
 */
export function printable(text: string, options: PrintableOptions = {}): string {
  const { maxWidth, cut = "end" } = options;
  if (maxWidth === undefined) return escapePieces(text).join("");
  const pieces = escapePieces(withoutMiddle(text, maxWidth));
  if (widthOf(pieces) <= maxWidth) return pieces.join("");
  if (maxWidth <= 0) return "";
  const room = maxWidth - 1; // The ellipsis takes one column.
  if (cut === "end") return takeStart(pieces, room) + ELLIPSIS;
  if (cut === "start") return ELLIPSIS + takeEnd(pieces, room);
  const head = Math.floor(room / 3); // The end of a path says more than its beginning.
  return takeStart(pieces, head) + ELLIPSIS + takeEnd(pieces, room - head);
}

/** What stands in one column at most: a letter and its marks, each two code units. */
const UNITS_A_COLUMN = 2 * (1 + MARKS_IN_A_ROW);

/**
 * A text far longer than its width, without what is cut anyway: a name in a hostile file has half a
 * gigabyte. Both ends keep a column more than can be shown, and so do not depend on what is gone.
 */
function withoutMiddle(text: string, maxWidth: number): string {
  const end = UNITS_A_COLUMN * (Math.max(0, Math.ceil(maxWidth)) + 2);
  return text.length <= 2 * end ? text : text.slice(0, end) + text.slice(-end);
}

/** Columns a printable text takes on a terminal. */
export function displayWidth(text: string): number {
  return widthOf(Array.from(text));
}

function escapePieces(text: string): string[] {
  const pieces: string[] = [];
  let marks = MARKS_IN_A_ROW; // As if full: a text must not begin with a mark.
  for (const character of text) {
    if (MARK.test(character)) {
      marks += 1;
      pieces.push(marks > MARKS_IN_A_ROW ? escapeCharacter(character) : character);
      continue;
    }
    const named = namedEscapes.get(character);
    const unsafe = character !== " " && UNSAFE.test(character);
    marks = named !== undefined || unsafe ? MARKS_IN_A_ROW : 0;
    pieces.push(named ?? (unsafe ? escapeCharacter(character) : character));
  }
  return pieces;
}

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code >= 0xdc80 && code <= 0xdcff) return `\\x${(code - 0xdc00).toString(16)}`;
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, "0")}`;
  if (code <= 0xffff) return `\\u${code.toString(16).padStart(4, "0")}`;
  return `\\u{${code.toString(16)}}`;
}

function widthOf(pieces: readonly string[]): number {
  let width = 0;
  for (const piece of pieces) width += pieceWidth(piece);
  return width;
}

function pieceWidth(piece: string): number {
  if (piece.startsWith("\\")) return piece.length; // An escape is ASCII.
  if (MARK.test(piece)) return 0;
  return WIDE.test(piece) ? 2 : 1;
}

function takeStart(pieces: readonly string[], room: number): string {
  let width = 0;
  let taken = "";
  for (const piece of pieces) {
    width += pieceWidth(piece);
    if (width > room) break;
    taken += piece;
  }
  return taken;
}

function takeEnd(pieces: readonly string[], room: number): string {
  let width = 0;
  let from = pieces.length;
  for (const [index, piece] of [...pieces.entries()].reverse()) {
    width += pieceWidth(piece);
    if (width > room) break;
    from = index;
  }
  // A mark whose letter was cut away would join the ellipsis.
  while (from < pieces.length && MARK.test(pieces[from] ?? "")) from += 1;
  return pieces.slice(from).join("");
}
