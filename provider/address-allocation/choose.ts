// Which prefix an allocation gets: by the ledger, what is wanted, and a source of random bits. Pure but for these bits.
import { allocate, explainExhausted, type RandomBits, type Want } from "../../net/allocation/allocate";
import { explainRequest } from "../../net/allocation/request";
import { formatPrefix, holdsPrefix, isPrefixProblem, type Prefix, parsePrefix } from "../../net/prefix";
import { AnyIPError } from "../errors";
import { type Choice, onlyChoice } from "./inputs";
import type { Ledger } from "./ledger";

export interface Chosen {
  readonly prefix: Prefix;
  /** True where it is neither on record for the same key nor asked for by name. */
  readonly isNew: boolean;
}

/**
 * A prefix that nobody else has. What is on record for the same key comes first, so that nothing is numbered anew by a run that
 * died, by another name of the resource, or in the time of quarantine.
 *
 * @throws AnyIPError POOL_EXHAUSTED, with figures; BLOCK_TAKEN, with who has it
 */
export function choosePrefix(choice: Choice, owner: string, ledger: Ledger, random: RandomBits): Chosen {
  const { request } = choice;
  const only = onlyChoice(choice);
  const earlier = ledger.findChosen(choice, owner);
  const prefix = earlier && parsePrefix(earlier.route.prefix);
  if (prefix && !isPrefixProblem(prefix) && (!only || isSame(prefix, only))) return { prefix, isNew: false };
  if (only) {
    const problem = ledger.explainTaken(choice, only, (taken) => explainRequest(only, choice.length, taken));
    if (problem !== undefined) throw explainTaken(choice, problem);
    return { prefix: only, isNew: request === undefined };
  }
  const allocation = allocate(wantOf(choice, random), ledger.takenOf(choice));
  if ("prefix" in allocation) return { prefix: allocation.prefix, isNew: true };
  throw new AnyIPError(
    "POOL_EXHAUSTED",
    `the pool ${explainExhausted(choice.length, choice.pool, allocation.exhausted)}. Give a larger pool that holds this one, ` +
      "which renumbers nobody, or delete what is not needed any more",
  );
}

/** True where a program that is new would not get what this one has: it is excluded, or reserved. */
export function isLeftOut({ keptOut }: Choice, prefix: Prefix): boolean {
  return keptOut.some(({ blocks }) =>
    blocks.some((block) => holdsPrefix(block, prefix) || holdsPrefix(prefix, block)),
  );
}

function wantOf({ length, strategy, key, secret }: Choice, random: RandomBits): Want {
  switch (strategy) {
    case "keyed":
      return { length, strategy, key, secret };
    case "random":
      return { length, strategy, random };
    case "nextFree":
      return { length, strategy };
  }
}

function explainTaken({ request, key, pool }: Choice, problem: string): AnyIPError {
  const what = request
    ? `the request ${problem}. Ask for another, or for none`
    : `the place of key ${JSON.stringify(key)} in ${formatPrefix(pool)} is not to be had: ${problem}. ` +
      'onCollision: "next" gives the key another place';
  return new AnyIPError("BLOCK_TAKEN", what);
}

function isSame(one: Prefix, other: Prefix): boolean {
  return one.family === other.family && one.network === other.network && one.length === other.length;
}
