import { expect, test } from "vitest";
import { parseExtents } from "./dynamic-functions.ts";

const printed = `
Symbol table '.dynsym' contains 5 entries:
   Num:    Value          Size Type    Bind   Vis      Ndx Name
     0: 0000000000000000     0 NOTYPE  LOCAL  DEFAULT  UND
     1: 0000000000002000    32 FUNC    GLOBAL DEFAULT   14 later
     2: 0000000000001000   466 FUNC    GLOBAL DEFAULT   14 _Py_read
     3: 0000000000001000 0x100000 FUNC  WEAK   DEFAULT   14 an_alias
     4: 0000000000003000     8 OBJECT  GLOBAL DEFAULT   24 a_variable
     5: 0000000000004000    16 IFUNC   GLOBAL DEFAULT   14 memcpy
`;

test("functions have extents, in order; what is no function has none", () => {
  expect(parseExtents(printed)).toEqual([
    { start: 0x1000, end: 0x1000 + 466 },
    { start: 0x1000, end: 0x101000 },
    { start: 0x2000, end: 0x2020 },
    { start: 0x4000, end: 0x4010 },
  ]);
});
