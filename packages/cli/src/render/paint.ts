/** Paint: the three emphases of the text bill, or none of them. */

export interface Paint {
  strong(text: string): string;
  faint(text: string): string;
  alarm(text: string): string;
}

// ECMA-48, SGR: on and off. picocolors would open process.stdout, see terminal.ts.
const wrap = (on: number, off: number) => (text: string) => `\u001b[${on}m${text}\u001b[${off}m`;
const asIs = (text: string) => text;

export function paintFor(colour: boolean): Paint {
  if (!colour) return { strong: asIs, faint: asIs, alarm: asIs };
  return { strong: wrap(1, 22), faint: wrap(2, 22), alarm: wrap(33, 39) };
}
