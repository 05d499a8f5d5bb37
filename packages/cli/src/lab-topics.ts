/** Lab topics: the names a user may type, and the nearest one to a name that is none of them. */
import { nearestName, printable, UsageError } from "@crossbill/core";
import { type Experiment, experiments } from "@crossbill/lab";

export const topicNames: readonly string[] = experiments.map(({ name }) => name);

/** The topic of this name. @throws UsageError with the nearest name. */
export function findTopic(name: string): Experiment {
  const found = experiments.find((one) => one.name === name);
  if (found !== undefined) return found;
  const nearest = nearestName(name, topicNames);
  const advice = nearest === null ? "" : `; did you mean ${nearest}?`;
  throw new UsageError(`there is no topic '${printable(name, { maxWidth: 60 })}'${advice}`, {
    ...(nearest === null ? { remedy: "crossbill lab --list names them all" } : {}),
  });
}
