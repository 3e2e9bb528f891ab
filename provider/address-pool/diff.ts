// Desired against recorded: an update, a replacement or nothing, and what a person should know of it. Pure; the engine's `diff`.
import { isUnknown } from "../check/fields";
import type { RawInputs } from "../check/raw-inputs";
import { checkInputs } from "./inputs";
import { describeNames, explainKept, findMoved } from "./plan";
import { decodeState, hasSameInputs } from "./state";

/** The engine's answer; explicit in all that matters (it guesses otherwise). */
export interface PoolDiff {
  readonly changes: boolean;
  /** `pool` where it no longer holds what names have. */
  readonly replaces: string[];
  readonly deleteBeforeReplace: false;
}

export function diffPool(
  outputs: RawInputs,
  news: RawInputs,
): { readonly diff: PoolDiff; readonly warnings: readonly string[] } {
  const recorded = decodeState(outputs);
  const deleteBeforeReplace = false;
  if (hasSameInputs(outputs, news)) {
    return { diff: { changes: false, replaces: [], deleteBeforeReplace }, warnings: [] };
  }
  const replacing: PoolDiff = { changes: true, replaces: ["pool"], deleteBeforeReplace };
  const updating: PoolDiff = { changes: true, replaces: [], deleteBeforeReplace };
  const { desired } = checkInputs(news);
  if (!desired) return { diff: isUnknown(news.pool) ? replacing : updating, warnings: [] };
  const moved = findMoved(desired, recorded);
  if (moved.length === 0) return { diff: updating, warnings: explainKept(desired, recorded) };
  const lost = `the pool ${String(news.pool)} does not hold what ${describeNames(moved)} had`;
  return { diff: replacing, warnings: [`${lost}: all names get other ones`] };
}
