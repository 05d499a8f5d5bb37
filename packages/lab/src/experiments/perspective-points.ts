/** perspective-points: the same reads warm, on this disk and on a slow one, and how they are named. */
import type { Parameters } from "@crossbill/native";
import type { Point } from "../experiment.ts";

/** Pages read in one go; five times what the throttle lets pass in a tenth of a second. */
export const PIECES = 60;
export const PAGE = 4096;
/** What a disk of 7,200 turns a minute does at random: half a turn and a seek for each. */
export const READS_A_SECOND = 120;

export type Device = "warm" | "cold" | "throttled";
export const devices: readonly Device[] = ["warm", "cold", "throttled"];
/** How a device is called where people read it. */
export const deviceNames: Readonly<Record<Device, string>> = {
  warm: "page cache",
  cold: "this disk",
  throttled: `${READS_A_SECOND} reads/s`,
};

/** What varies along a series, or that nothing does. */
export type Way = "pread" | "announced" | "by batch in turn" | "by depth" | "by batch at once";
export const seriesOf = (device: Device, way: Way): string => `${deviceNames[device]}, ${way}`;

type Role = Point["role"];

/** How long a process takes beside what it measures: a throttled one first meets its limit. */
const SET_UP_MS: Readonly<Record<Device, number>> = { warm: 5, cold: 40, throttled: 700 };
interface Asked {
  readonly device: Device;
  readonly way: Way;
  readonly x: number;
  readonly role: Role;
}

/** Batch: requests a call submits; depth: how many are under way. */
function uringOf({ way, x }: Asked): Parameters {
  if (way === "by depth") return { batch: 1, depth: x };
  return { batch: x, depth: way === "by batch at once" ? x : 1 };
}

function pointOf(asked: Asked, folder: string): Point {
  const { device, way, x, role } = asked;
  const isPread = way === "pread" || way === "announced";
  const how = isPread ? { announced: way === "announced" ? "yes" : "no" } : uringOf(asked);
  const limit = device === "throttled" ? { reads: READS_A_SECOND } : {};
  const point: Point = {
    series: seriesOf(device, way),
    x,
    mechanism: isPread ? "perspective-pread" : "perspective-uring",
    parameters: { folder, pieces: PIECES, bytes: PAGE, state: device, ...limit, ...how },
    role,
    setUpMs: SET_UP_MS[device],
  };
  // One block of what is slow: its reads are so long that they agree with one another.
  return device === "throttled" ? { ...point, exactly: { calls: 1, blockCalls: 1 } } : point;
}

function sweep(
  device: Device,
  way: Way,
  fit: readonly number[],
  heldOut: readonly number[],
): Asked[] {
  const asked = (role: Role) => (x: number) => ({ device, way, x, role });
  return [...fit.map(asked("fit")), ...heldOut.map(asked("held-out"))];
}

const alone = (device: Device, way: "pread" | "announced"): Asked => ({
  ...{ device, way },
  x: PIECES,
  role: "shown",
});

/** A quick run has time for the corners alone on the slow disk. */
const quickly: readonly Asked[] = [
  ...sweep("warm", "by batch at once", [1, 4, PIECES], [12]),
  ...sweep("warm", "by batch in turn", [1, 4, PIECES], [12]),
  ...sweep("warm", "by depth", [], [PIECES]),
  ...sweep("cold", "by batch in turn", [1], [12, PIECES]),
  ...sweep("cold", "by depth", [1, 12, PIECES], [6]),
  ...sweep("cold", "by batch at once", [], [PIECES]),
  ...sweep("throttled", "by batch in turn", [1], [PIECES]),
  ...sweep("throttled", "by batch at once", [], [PIECES]),
  ...devices.map((device) => alone(device, "pread")),
];

const fully: readonly Asked[] = [
  ...sweep("warm", "by batch at once", [1, 4, PIECES], [2, 12, 30]),
  ...sweep("warm", "by batch in turn", [1, 4, PIECES], [2, 12, 30]),
  ...sweep("warm", "by depth", [], [PIECES]),
  ...sweep("cold", "by batch in turn", [1], [4, 12, PIECES]),
  ...sweep("cold", "by depth", [1, 3, 12, PIECES], [2, 6, 30]),
  ...sweep("cold", "by batch at once", [], [PIECES]),
  ...sweep("throttled", "by batch in turn", [1], [PIECES]),
  ...sweep("throttled", "by depth", [1, PIECES], [12]),
  ...sweep("throttled", "by batch at once", [], [PIECES]),
  ...devices.flatMap((device) => [alone(device, "pread"), alone(device, "announced")]),
];

export function plan(quick: boolean, folder: string): Point[] {
  return (quick ? quickly : fully).map((asked) => pointOf(asked, folder));
}
