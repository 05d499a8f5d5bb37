/** JSON in pieces, so that a bill of 50,000 lines is never one string: an array has a line an item. */

/** The text of a plain object; arrays among its values are written item by item. */
export function* jsonPieces(value: object): Generator<string> {
  yield "{";
  let separator = "\n";
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined) continue;
    yield `${separator}${JSON.stringify(key)}: `;
    separator = ",\n";
    if (Array.isArray(member)) yield* arrayPieces(member);
    else yield JSON.stringify(member);
  }
  yield "\n}\n";
}

function* arrayPieces(items: readonly unknown[]): Generator<string> {
  yield "[";
  for (const [index, item] of items.entries()) {
    yield `${index === 0 ? "\n  " : ",\n  "}${JSON.stringify(item) ?? "null"}`;
  }
  yield items.length === 0 ? "]" : "\n]";
}
