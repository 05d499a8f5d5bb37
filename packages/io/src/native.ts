/** native: finds and loads the part in C, or says why there is none; then fs does the work. */
import { accessSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { isMainThread } from "node:worker_threads";
import { IoError } from "./errors.ts";

/**
 * Set to 0, everything is done by `node:fs`: to compare, or to rule the native part out. Set to an
 * absolute path, that file is the native part: one built with sanitizers, say.
 */
const SWITCH = "CROSSBILL_IO_NATIVE";

/**
 * What the native part registers. Each file that calls some of it declares those here:
 * `declare module "./native.ts" { interface NativeFunctions { ... } }`.
 */
export interface NativeFunctions {
  endWork(): void;
  /** Empties an ArrayBuffer of memory from outside, and all views of it. */
  detachMemory(memory: ArrayBuffer): void;
}

/** The native part, or why there is none. */
export type NativeState =
  | { readonly functions: NativeFunctions; readonly path: string }
  | { readonly functions: null; readonly reason: string };

/** The C library of this process: what is built for one of them is not for the other. */
function libc(): "glibc" | "musl" {
  try {
    return readFileSync("/proc/self/maps", "latin1").includes("/ld-musl-") ? "musl" : "glibc";
  } catch {
    return "glibc"; // Without /proc: the build for the other does not load, and nothing is lost.
  }
}

/** Where it is in the package: shipped, or compiled when that was installed. From src and dist. */
export function nativePlace(): string {
  const platform = `${process.platform}-${process.arch}-${libc()}`;
  return fileURLToPath(new URL(`../prebuilt/${platform}/crossbill-io.node`, import.meta.url));
}

/** All places where it may be, the workspace's own build among them. */
function places(): string[] {
  const chosen = process.env[SWITCH];
  if (chosen?.startsWith("/") === true) return [chosen];
  const built = new URL("../../native/build/crossbill-io.node", import.meta.url);
  return [nativePlace(), fileURLToPath(built)];
}

function isThere(path: string): boolean {
  try {
    accessSync(path);
    return true;
  } catch {
    return false;
  }
}

function load(): NativeState {
  if (process.env[SWITCH] === "0") return { functions: null, reason: `${SWITCH} is 0` };
  if (process.platform !== "linux")
    return { functions: null, reason: `the native part is for Linux, not ${process.platform}` };
  const reasons: string[] = [];
  for (const path of places().filter(isThere)) {
    try {
      const functions: unknown = createRequire(import.meta.url)(path);
      if (isNative(functions)) {
        // Node waits at its end for what threads of the pool do.
        if (isMainThread) process.once("exit", () => functions.endWork());
        return { functions, path };
      }
    } catch (error) {
      // Built for another libc, say: the next may fit.
      reasons.push(error instanceof Error ? error.message : String(error));
    }
  }
  return {
    functions: null,
    reason: reasons[0] ?? `the native part is not built for linux-${process.arch}-${libc()}`,
  };
}

/** It was built from the sources that these declarations are of, and shipped with them. */
function isNative(loaded: unknown): loaded is NativeFunctions {
  return typeof loaded === "object" && loaded !== null;
}

let state: NativeState | undefined;

/** The native part as it was found when first asked for. */
export function nativeState(): NativeState {
  state ??= load();
  return state;
}

/** The functions of the native part, or null. */
export function native(): NativeFunctions | null {
  return nativeState().functions;
}

/** The functions of the native part, for what cannot be done without: fails with ERR_NO_NATIVE. */
export function requireNative(what: string): NativeFunctions {
  const found = nativeState();
  if (found.functions !== null) return found.functions;
  const remedy = "On Linux, install gcc and run: npm rebuild @crossbill/io";
  throw new IoError(
    "ERR_NO_NATIVE",
    `ERR_NO_NATIVE: ${what} needs the native part: ${found.reason}. ${remedy}`,
  );
}
