// What each name of a pool gets, what it keeps and what is given back. Pure: the clock and the random bits are given.
import { addressBits } from "../../net/address";
import {
  allocate,
  type Exhausted,
  explainExhausted,
  type RandomBits,
  type Want,
} from "../../net/allocation/allocate";
import type { PrefixTree } from "../../net/allocation/prefix-tree";
import { explainRequest, formatBlock } from "../../net/allocation/request";
import { formatPrefix, holdsPrefix, type Prefix } from "../../net/prefix";
import { openPool } from "../check/pool-fields";
import type { DesiredPool } from "./inputs";
import type { DesiredName } from "./names";
import { Quarantine } from "./quarantine";
import type { Figures, RecordedPool } from "./state";
import { findTarget, type Target } from "./target";

/** What a plan cannot find out by itself. */
export interface Circumstances {
  readonly nowMs: number;
  readonly random: RandomBits;
}

export interface PlannedPool {
  readonly recorded: RecordedPool;
  readonly figures: Figures;
}

/** Why names cannot have what they shall; then nothing changes for anybody. */
export interface PoolProblem {
  /** The entry, such as `names[3]`; not `names`, of which the engine would print thousands. */
  readonly property: string;
  readonly reason: string;
  readonly code: "POOL_EXHAUSTED" | "BLOCK_TAKEN";
}

export const nothingRecorded: RecordedPool = { results: new Map(), released: [] };

/**
 * Names keep what they have; it grows and shrinks where it begins, or moves to where the program asks for it. Then names that
 * have nothing get theirs, those with a request first, larger blocks before smaller ones, and by name: the order in which the
 * program has them does not matter.
 */
export function planPool(
  desired: DesiredPool,
  recorded: RecordedPool,
  circumstances: Circumstances,
): PlannedPool | { readonly problems: readonly PoolProblem[] } {
  const taken = openPool(desired);
  const quarantine = new Quarantine(taken, desired, circumstances.nowMs);
  const had = findHad(desired, recorded);
  const targets = desired.names.map((name) => ({ name, target: findTarget(name, had.get(name.name)) }));
  const results = new Map<string, Prefix>();
  const give = ({ name }: DesiredName, block: Prefix) => {
    results.set(name, block);
    taken.insert(block, `${name} has it`);
  };
  for (const { name, target } of targets) if (target.kind === "kept") give(name, target.block);

  quarantine.keep(recorded.released);
  const blocks = new Map(targets.map(({ name, target }) => [name.name, blockOf(target)]));
  for (const [name, block] of had) quarantine.release(name, block, blocks.get(name));

  const problems: PoolProblem[] = [];
  for (const { name, target } of targets) {
    if (target.kind === "refused") problems.push({ ...target, property: name.property, code: "BLOCK_TAKEN" });
    if (target.kind !== "moved") continue;
    const { reason } = quarantine.serve(name.name, () => tryBlock(target.block, taken));
    if (reason === undefined) give(name, target.block);
    else problems.push({ property: name.property, reason: target.explain(reason), code: "BLOCK_TAKEN" });
  }
  const news = targets.flatMap(({ name, target }) => (target.kind === "new" ? [name] : []));
  const left = new Map<number, { exhausted: Exhausted; names: string[] }>();
  for (const name of news.sort(largestFirst)) {
    const known = left.get(name.length);
    if (known) known.names.push(name.name);
    else {
      const answer = quarantine.serve(name.name, (own) => findNew(name, own, desired, circumstances, taken));
      if ("block" in answer) give(name, answer.block);
      else left.set(name.length, { exhausted: answer.exhausted, names: [name.name] });
    }
  }
  for (const [length, { exhausted, names }] of left) {
    const reason = `${explainExhausted(length, desired.pool, exhausted)}; ${describeNames(names)} would get none`;
    problems.push({ property: "pool", reason, code: "POOL_EXHAUSTED" });
  }
  if (problems.length > 0) return { problems };
  return { recorded: { results, released: quarantine.list() }, figures: measure(taken) };
}

/** The names whose recorded blocks the desired pool does not hold, and that are to have one. */
export function findMoved({ pool, names }: DesiredPool, { results }: RecordedPool): string[] {
  return names.flatMap(({ name, request }) => {
    const block = results.get(name);
    return block && !request && !holdsPrefix(pool, block) ? [name] : [];
  });
}

/** What names keep although the program keeps it out of the pool by now, in sentences. */
export function explainKept(desired: DesiredPool, { results }: RecordedPool): string[] {
  const taken = openPool(desired);
  return desired.names.flatMap(({ name, request }) => {
    const block = results.get(name);
    if (!block || request || taken.isFree(block)) return [];
    const reason = explainRequest(block, block.length, taken);
    return reason === undefined ? [] : [`${name} keeps ${formatBlock(block)}, although ${reason}`];
  });
}

/** Some names of a list, for a message. */
export function describeNames(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(", ");
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}

function findHad({ pool }: DesiredPool, { results }: RecordedPool): Map<string, Prefix> {
  return new Map([...results].filter(([, block]) => holdsPrefix(pool, block)));
}

function blockOf(target: Target): Prefix | undefined {
  return target.kind === "kept" || target.kind === "moved" ? target.block : undefined;
}

function tryBlock(block: Prefix, taken: PrefixTree): { block?: Prefix; reason?: string } {
  const reason = explainRequest(block, block.length, taken);
  return reason === undefined ? { block } : { reason };
}

/** What the name had last, if it is in quarantine only; else what its strategy finds. */
function findNew(
  { name, length }: DesiredName,
  own: readonly Prefix[],
  { pool, strategy, secret }: DesiredPool,
  { random }: Circumstances,
  taken: PrefixTree,
): { block: Prefix } | { block?: never; exhausted: Exhausted } {
  const again = own.find((block) => block.length === length && taken.isFree(block));
  if (again) return { block: again };
  const usual = length === addressBits(pool.family) ? "keyed" : "sparse";
  const want: Want = { length, strategy: strategy ?? usual, key: name, secret, random };
  const answer = allocate(want, taken);
  return "prefix" in answer ? { block: answer.prefix } : answer;
}

function largestFirst(a: DesiredName, b: DesiredName): number {
  return a.length - b.length || (a.name < b.name ? -1 : 1);
}

function measure({ total, used, free, largestFreePrefix }: PrefixTree): Figures {
  return {
    total: total.toString(),
    used: used.toString(),
    free: free.toString(),
    ...(largestFreePrefix ? { largestFreePrefix: formatPrefix(largestFreePrefix) } : {}),
  };
}
