/** What the chapter claims of rings, judged by what was counted and measured. */
import { type JudgedClaim, type LabCheck, type LabPoint, median } from "@crossbill/core";
import { contest, ratiosOf } from "../contest.ts";
import { countOf, type Measured, orderCheck } from "../measured.ts";
import { duration, figure, share } from "../text.ts";
import { decide, judge } from "../verdict.ts";
import { cpuOf } from "./rings-model.ts";
import { type Engine, epoll, multishot, pread, readyWait, ring, single } from "./rings-points.ts";

export const BATCH_CLAIM =
  "Batching through a shared ring reduces the system-call cost of an operation to nearly zero.";
const WORK_CLAIM = "A server on a ring does its work for less CPU time than one on epoll.";
const DISK_CLAIM = "On a disk, too, it is the fewer calls that pay.";
/** "Nearly zero": what an operation's calls cost is below this share of all it costs. */
const NEARLY_ZERO = 0.05;

export function checksOf(measured: Measured): LabCheck[] {
  const wait = measured.point(epoll.series, 1);
  const calls = wait === undefined ? null : countOf(wait, "calls");
  return [
    ...(calls === null
      ? []
      : [{ check: "epoll makes 3 calls for a lone request", holds: calls === 3 }]),
    ...orderCheck(
      "null system call < epoll_wait that finds something",
      measured.cost("null system call"),
      measured.cost(readyWait.series),
    ),
    ...orderCheck(
      "null system call < a request over TCP",
      measured.cost("null system call"),
      measured.cost(epoll.series, 1),
    ),
    ...orderCheck(
      "null system call < a read of the disk",
      measured.cost("null system call"),
      measured.cost(pread.series),
    ),
    ...measured.linearity(),
  ];
}

/** The largest x at which both series were measured. */
function last(measured: Measured, a: Engine, b: Engine): readonly [LabPoint, LabPoint] | null {
  const pairs = measured.series(a.series).flatMap((one) => {
    const other = measured.point(b.series, one.x);
    return other === undefined ? [] : [[one, other] as const];
  });
  return pairs.at(-1) ?? null;
}

/** The ring with the fewest calls stands for the claim. */
export function batchClaim(measured: Measured, checks: readonly LabCheck[]): JudgedClaim {
  const pair = last(measured, multishot, epoll) ?? last(measured, single, epoll);
  const call = measured.cost("null system call");
  if (pair === null || call === null) {
    return judge(BATCH_CLAIM, checks, decide(null, missingWhy(measured, single)));
  }
  const [ringPoint, epollPoint] = pair;
  const cost = (point: LabPoint): number =>
    (countOf(point, "calls") * call.likely) / cpuOf(point).likely;
  const why =
    `at ${ringPoint.x} connections a request takes ${figure(countOf(ringPoint, "calls"))} calls, ` +
    `${share(cost(ringPoint))} of its CPU time; with epoll ${figure(countOf(epollPoint, "calls"))} calls, ` +
    share(cost(epollPoint));
  return judge(BATCH_CLAIM, checks, decide(cost(ringPoint) < NEARLY_ZERO, why));
}

function missingWhy(measured: Measured, engine: Engine): string {
  return measured.missing(engine.series) ?? measured.missing(epoll.series) ?? "no common points";
}

/** The point with its CPU time as its cost, the kernel's own thread included. */
function byCpu(point: LabPoint): LabPoint {
  const polled = point.counts["pollerNs"] ?? 0;
  return { ...point, values: point.cpuValues.map((ns) => ns + polled) };
}

/** Judged where batching can work: at the most connections measured, round by round. */
export function workClaim(measured: Measured, checks: readonly LabCheck[]): JudgedClaim {
  const pair = last(measured, single, epoll);
  if (pair === null) return judge(WORK_CLAIM, checks, decide(null, missingWhy(measured, single)));
  const [ringPoint, epollPoint] = pair;
  const between = contest("CPU", ratiosOf(byCpu(epollPoint), byCpu(ringPoint)));
  const ratio = between?.ratio ?? Number.NaN;
  const why =
    `at ${ringPoint.x} connections a request takes ${duration(cpuOf(ringPoint).likely)} of CPU on ` +
    `a ring, ${duration(cpuOf(epollPoint).likely)} with epoll; round by round the ring takes ` +
    `${share(Math.abs(1 - ratio))} ${ratio < 1 ? "less" : "more"}`;
  return judge(WORK_CLAIM, checks, decide(between?.decided === true ? ratio < 1 : null, why));
}

/** libaio at the ring's depth makes as few calls: what remains between the two is the ring's. */
export function diskClaim(measured: Measured, checks: readonly LabCheck[]): JudgedClaim {
  const alone = measured.point(ring.series, 1);
  const lone = measured.point(pread.series, 1);
  const deep = measured.series(ring.series).at(-1);
  if (alone === undefined || lone === undefined || deep === undefined || deep.x === 1) {
    return judge(DISK_CLAIM, checks, decide(null, missingWhy(measured, ring)));
  }
  const [ns, waited] = [median(deep.values), median(alone.values)];
  const fewer = countOf(lone, "calls") - countOf(deep, "calls");
  const call = measured.cost("null system call")?.likely ?? 0;
  const byCalls = (fewer * call) / Math.max(1, waited - ns);
  const why =
    `a queue of ${deep.x} takes a read from ${duration(waited)} to ${duration(ns)}; the ` +
    `${figure(fewer)} calls it spares are ${share(byCalls)} of that, the rest is the disk at work on many`;
  return judge(DISK_CLAIM, checks, decide(waited > ns ? byCalls > 0.5 : null, why));
}
