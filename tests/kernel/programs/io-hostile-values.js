// Values that a native function must refuse or survive, each made anew by its name; and calls of the
// addon of @crossbill/io with some of them in the place of right ones.

const buffer = (bytes) => new ArrayBuffer(bytes);

function detached() {
  const memory = buffer(64);
  structuredClone(memory, { transfer: [memory] });
  return memory;
}

/** A view whose memory is gone before it is looked at. */
function shrunk(View) {
  const memory = new ArrayBuffer(4096, { maxByteLength: 4096 });
  const view = new View(memory, 1024, 8);
  memory.resize(16);
  return view;
}

/** An array that detaches the memory of its own elements while it is read. */
function detaching() {
  const bytes = new Uint8Array(1 << 16);
  const array = [bytes, bytes, bytes];
  Object.defineProperty(array, 1, {
    get() {
      structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
      globalThis.gc(); // Nobody holds the memory any more: it is given back.
      return new Uint8Array(1 << 16);
    },
  });
  return array;
}

/** Thrown by getters of ours: it comes back as it is. */
export const thrownByUs = new Error("thrown by a getter");

const refusing = () => {
  throw thrownByUs;
};

/** What a getter or a trap throws goes through; everything else is an error of a known kind. */
export const hostileValues = {
  undefined: () => undefined,
  null: () => null,
  true: () => true,
  NaN: () => Number.NaN,
  "-0": () => -0,
  "-1": () => -1,
  half: () => 0.5,
  4096: () => 4096,
  "2^31 - 1": () => 2 ** 31 - 1,
  "2^31": () => 2 ** 31,
  "2^32 + 3": () => 2 ** 32 + 3,
  "2^53 - 1": () => Number.MAX_SAFE_INTEGER,
  "2^53": () => 2 ** 53,
  "1e308": () => 1e308,
  "-Infinity": () => Number.NEGATIVE_INFINITY,
  "a bigint": () => 2n ** 64n,
  "a symbol": () => Symbol("hostile"),
  "an empty string": () => "",
  "a string with NUL": () => "a\0b",
  "a lone surrogate": () => "\ud800",
  "a long string": () => "x".repeat(70_000),
  "a function": () => () => {},
  "an object": () => ({ length: 1e9, byteLength: 1e9 }),
  "an object that throws": () => ({ valueOf: refusing, toString: refusing, then: undefined }),
  "a date": () => new Date(0),
  "an array": () => [],
  "an array of numbers": () => [1, 2, 3],
  "an array of bytes": () => Array.from({ length: 5 }, () => new Uint8Array(3)),
  "an array with holes": () => new Array(1000),
  "an array that throws": () => Object.defineProperty([], 0, { get: refusing }),
  "an array that detaches": detaching,
  "a proxy of an array": () => new Proxy([new Uint8Array(64)], {}),
  "a proxy of bytes": () => new Proxy(new Uint8Array(64), {}),
  "a proxy that throws": () => new Proxy([], { get: refusing, has: refusing, ownKeys: refusing }),
  "no bytes": () => Buffer.alloc(0),
  "one byte": () => Buffer.alloc(1),
  "3 bytes": () => Buffer.from([0x61, 0, 0x62]),
  "bytes of NUL": () => Buffer.alloc(4096),
  "4 bytes at an odd place": () => new Uint8Array(buffer(8), 1, 4),
  "a mebibyte": () => Buffer.alloc(1 << 20, 0xff),
  "an ArrayBuffer": () => buffer(4096),
  "a detached ArrayBuffer": detached,
  "a view of detached memory": () => {
    const view = new Float64Array(8);
    structuredClone(view.buffer, { transfer: [view.buffer] });
    return view;
  },
  "a DataView": () => new DataView(buffer(4096), 5, 7),
  "a DataView out of bounds": () => shrunk(DataView),
  "bytes out of bounds": () => shrunk(Uint8Array),
  "doubles out of bounds": () => shrunk(Float64Array),
  "resizable bytes": () => new Uint8Array(new ArrayBuffer(4096, { maxByteLength: 1 << 20 })),
  "shared memory": () => new SharedArrayBuffer(4096),
  "shared bytes": () => new Uint8Array(new SharedArrayBuffer(4096)),
  "shared words": () => new Int32Array(new SharedArrayBuffer(4)),
  "words that abort": () => Int32Array.of(1),
  "bytes of text": () => new Uint8ClampedArray(300).fill(0x2f),
  "odd doubles": () => new Float64Array(7),
  "doubles beyond all": () => Float64Array.of(0, 2 ** 53 - 1, 2 ** 53 - 1, 1, 1e308, 1e308),
  "doubles that are none": () => Float64Array.of(Number.NaN, -1, -0, 0.5, 3, Number.NaN),
  "many doubles": () => new Float64Array(1 << 17),
  "big integers": () => new BigInt64Array(512),
};

/** Whether a failure is one that the native part may answer wrong arguments with. */
export function isKnownFailure(error) {
  if (error === thrownByUs) return true;
  if (error instanceof TypeError || error instanceof RangeError) return true;
  // An error of the system: the arguments were right in kind, and the kernel refused them.
  return (
    error instanceof Error && Number.isInteger(error.errno) && error.errno < 0 && error.syscall
  );
}
