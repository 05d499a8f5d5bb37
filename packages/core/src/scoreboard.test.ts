import { describe, expect, it } from "vitest";
import { scores } from "./scoreboard.ts";
import { TRIAL_SCHEMA, type Trial, type TrialVerdict } from "./trial.ts";

function trial(
  finding: string | null,
  predictedShare: number,
  triedShare: number,
  verdict: TrialVerdict = "confirmed",
): Trial {
  return {
    schema: TRIAL_SCHEMA,
    triedAt: "2024-01-01T00:00:00.000Z",
    machineKey: "key",
    kind: "replay",
    finding,
    command: ["program"],
    predicted: {
      lowShare: predictedShare - 0.1,
      likelyShare: predictedShare,
      highShare: predictedShare + 0.1,
    },
    tried: { lowShare: triedShare, likelyShare: triedShare, highShare: triedShare },
    unchangedErrorShare: 0,
    coverage: null,
    verdict,
    why: "",
  };
}

describe("scores", () => {
  it("takes the median distance of those that decided, by finding", () => {
    const rows = scores([
      trial("small-reads", 0.5, 0.45),
      trial("fsync-per-record", 0.9, 0.6, "refuted"),
      trial("small-reads", 0.5, 0.65),
      trial("small-reads", 0.5, 0.52),
      trial("small-reads", 0.5, 0, "cannot tell"),
      trial(null, 0.5, 0.5),
    ]);
    expect(rows.map(({ finding }) => finding)).toEqual(["fsync-per-record", "small-reads"]);
    expect(rows[0]?.medianErrorShare).toBeCloseTo(0.3);
    expect(rows[0]?.coveredShare).toBe(0);
    expect(rows[1]).toMatchObject({
      trials: 4,
      verdicts: { confirmed: 3, "cannot tell": 1 },
      coveredShare: 2 / 3,
    });
    expect(rows[1]?.medianErrorShare).toBeCloseTo(0.05);
  });

  it("knows no error of a finding that no trial decided", () => {
    const [row] = scores([trial("stat-storm", 0.5, 0.1, "changed behaviour")]);
    expect(row).toMatchObject({ trials: 1, medianErrorShare: null, coveredShare: null });
  });
});
