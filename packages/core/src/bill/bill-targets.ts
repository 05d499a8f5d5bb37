/** Bill targets: what descriptors referred to, as lines and sequences of a bill show it. */
import type { DescriptorKind, Target } from "../recording.ts";
import type { BillTarget } from "./shape.ts";

interface NumberedTarget {
  readonly number: number;
  readonly target: BillTarget;
}

/** Targets as the bill shows them: each made once, and one number for those that look the same. */
export class BillTargets {
  private readonly recorded: ReadonlyMap<string, Target>;
  private readonly byId = new Map<string, NumberedTarget>();
  private readonly byLook = new Map<string, NumberedTarget>();

  constructor(targets: readonly Target[]) {
    this.recorded = new Map(targets.map((target) => [target.id, target]));
  }

  of(kind: DescriptorKind, id: string | null): NumberedTarget {
    const known = id === null ? kind : `${kind} ${id}`;
    const found = this.byId.get(known);
    if (found !== undefined) return found;
    const target = billTarget(kind, id === null ? undefined : this.recorded.get(id));
    const numbered = this.alike(target);
    this.byId.set(known, numbered);
    return numbered;
  }

  /** Files that had one name in turn are one target, as large as the largest of them. */
  private alike(target: BillTarget): NumberedTarget {
    const { sizeBytes, ...seen } = target;
    const look = JSON.stringify(seen);
    const found = this.byLook.get(look);
    if (found === undefined) {
      const numbered = { number: this.byLook.size, target };
      this.byLook.set(look, numbered);
      return numbered;
    }
    if (sizeBytes !== undefined) {
      found.target.sizeBytes = Math.max(found.target.sizeBytes ?? 0, sizeBytes);
    }
    return found;
  }
}

function billTarget(kind: DescriptorKind, target: Target | undefined): BillTarget {
  return {
    kind: target?.kind ?? kind,
    path: target?.name ?? null,
    fileSystem: target?.fileSystem ?? null,
    deleted: target?.deleted ?? false,
    truncated: target?.truncated ?? false,
    unresolved: kind !== "none" && (target?.name ?? null) === null,
    ...sizeOf(target),
  };
}

/** Nameless files look alike and are none: their sizes say nothing. */
function sizeOf(target: Target | undefined): Pick<BillTarget, "sizeBytes"> {
  if (target?.sizeBytes === undefined || target.name === null) return {};
  return { sizeBytes: target.sizeBytes };
}
