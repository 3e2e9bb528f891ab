// Which block the next one gets, by each strategy. Pure: the source of random bits is given. It takes nothing itself.
import { addressBits } from "../address";
import { formatPrefix, type Prefix } from "../prefix";
import { keyedCandidate } from "./keyed-candidate";
import type { PrefixTree } from "./prefix-tree";
import { firstSparse } from "./sparse";

/** What is wanted of a pool. `length` is from the pool's own to that of an address, which is a single address. */
export type Want =
  | {
      readonly length: number;
      readonly strategy: "keyed";
      readonly key: string;
      readonly secret?: string | undefined;
    }
  | { readonly length: number; readonly strategy: "random"; readonly random: RandomBits }
  | { readonly length: number; readonly strategy: "nextFree" }
  | { readonly length: number; readonly strategy: "sparse" };

/** So many random bits, each as likely as its opposite, as a number: 0 to 2^count − 1. */
export type RandomBits = (count: number) => bigint;

/** Figures of a pool in which no block of the wanted length is left, in addresses. */
export interface Exhausted {
  readonly total: bigint;
  readonly used: bigint;
  /** Nobody has them, and yet they are of no use: too small, or reserved. */
  readonly free: bigint;
  /** Those of `free` that are reserved where single addresses are handed out. */
  readonly reserved: bigint;
  readonly largestFreePrefix: Prefix | undefined;
}

export type Allocation = { readonly prefix: Prefix } | { readonly exhausted: Exhausted };

/** So often a key whose place is not free is given another; then it gets the next free block upwards from the last. */
export const keyedCandidates = 16;

/**
 * A free block of the pool, or the figures of one that has none:
 *
 * - `keyed`: the first free one of {@link keyedCandidates} candidates (see {@link keyedCandidate}); when none is, the next free
 *   block upwards from the last, beginning again at the pool's start. Depends on pool, length, key, secret and what is taken.
 * - `random`: any free block, each as likely as the others.
 * - `nextFree`: the lowest.
 * - `sparse`: the first in RFC 3531's order ({@link firstSparse}); not for single addresses.
 */
export function allocate(want: Want, taken: PrefixTree): Allocation {
  const prefix = findBlock(want, taken);
  return prefix ? { prefix } : { exhausted: measureExhausted(taken) };
}

function findBlock(want: Want, taken: PrefixTree): Prefix | undefined {
  switch (want.strategy) {
    case "keyed":
      return findKeyed(want.length, want.key, want.secret, taken);
    case "random":
      return findRandom(want.length, want.random, taken);
    case "nextFree":
      return taken.firstFree(want.length);
    case "sparse":
      return firstSparse(taken, want.length);
  }
}

function findKeyed(
  length: number,
  key: string,
  secret: string | undefined,
  taken: PrefixTree,
): Prefix | undefined {
  const { pool } = taken;
  let candidate = keyedCandidate({ pool, length, key, secret, counter: 0 });
  for (let counter = 1; !taken.isFree(candidate); counter++) {
    if (counter === keyedCandidates) return taken.nextFreeFrom(candidate) ?? taken.firstFree(length);
    candidate = keyedCandidate({ pool, length, key, secret, counter });
  }
  return candidate;
}

function findRandom(length: number, random: RandomBits, taken: PrefixTree): Prefix | undefined {
  const count = taken.freeCount(length);
  if (count === 0n) return undefined;
  // 64 bits more than the number needs: what dividing does to the odds is less than 2^-64.
  const bits = addressBits(taken.pool.family) + 64;
  return taken.nthFree(length, random(bits) % count);
}

function measureExhausted(taken: PrefixTree): Exhausted {
  const { total, used, free, reservedFree: reserved, largestFreePrefix } = taken;
  return { total, used, free, reserved, largestFreePrefix };
}

/** What a person reads of a pool without a free block of the length. */
export function explainExhausted(length: number, pool: Prefix, figures: Exhausted): string {
  const { total, used, free, reserved, largestFreePrefix } = figures;
  const isAddress = length === addressBits(pool.family);
  const ofThem = isAddress && reserved > 0n ? ` (${reserved} reserved)` : "";
  const largest = largestFreePrefix ? `; the largest free block is ${formatPrefix(largestFreePrefix)}` : "";
  return (
    `${formatPrefix(pool)} has no free ${isAddress ? "address" : `/${length}`}: ` +
    `total ${total}, used ${used}, free ${free}${ofThem}${largest}`
  );
}
