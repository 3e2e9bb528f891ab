// What `check` can know of a plan: the engine shows at preview what is in the inputs. Pure, and never wrong rather than always there.
import type { RawInputs } from "../check/raw-inputs";
import type { DesiredPool } from "./inputs";
import { findMoved, nothingRecorded, type PoolProblem, planPool } from "./plan";
import {
  decodeResults,
  encodeOutcome,
  extractOutcome,
  hasSameInputs,
  type Outcome,
  type RecordedPool,
} from "./state";

/** The outcome, if an update could have no other, and what is certain to go wrong. */
export interface Foresight {
  readonly outcome?: Outcome | undefined;
  readonly problems: readonly PoolProblem[];
}

/**
 * What there was before is known from what was foreseen then. What is not: the time, by which quarantines end, and random bits.
 * Whether there is room does not depend on these bits, since larger blocks are placed before smaller ones.
 */
export function foresee(oldInputs: RawInputs, inputs: RawInputs, desired: DesiredPool): Foresight {
  if (hasSameInputs(oldInputs, inputs)) return { outcome: extractOutcome(oldInputs), problems: [] };
  const recorded = readForeseen(oldInputs, desired);
  if (!recorded) return { problems: [] };
  const planned = planPool(desired, recorded, { nowMs: 0, random: () => 0n });
  if ("problems" in planned) return planned;
  const { strategy, names } = desired;
  const isDrawn = strategy === "random" && names.some(({ name }) => !recorded.results.has(name));
  return isDrawn
    ? { problems: [] }
    : { outcome: encodeOutcome(planned.recorded, planned.figures), problems: [] };
}

function readForeseen(oldInputs: RawInputs, desired: DesiredPool): RecordedPool | undefined {
  if (Object.keys(oldInputs).length === 0) return nothingRecorded;
  const results = decodeResults(oldInputs.results);
  if (!results || desired.quarantineSeconds > 0) return undefined;
  const recorded = { results, released: [] };
  // Then the pool is replaced: it begins anew.
  return findMoved(desired, recorded).length > 0 ? nothingRecorded : recorded;
}
