// Which prefix an allocation gets: by the ledger, what is wanted, and a source of random bits. Pure but for these bits.
import { allocate, explainExhausted, type RandomBits, type Want } from "../../net/allocation/allocate";
import { explainRequest } from "../../net/allocation/request";
import { formatPrefix, overlaps, type Prefix } from "../../net/prefix";
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
  const { request, length, strategy, key, secret } = choice;
  const only = onlyChoice(choice);
  const earlier = ledger.findChosen(choice, owner);
  if (earlier && (!only || isSame(earlier, only))) return { prefix: earlier, isNew: false };
  if (only) {
    const problem = ledger.explainTaken(choice, only, (taken) => explainRequest(only, length, taken));
    if (problem !== undefined) throw explainTaken(choice, problem);
    return { prefix: only, isNew: request === undefined };
  }
  const want: Want = { length, strategy, key, secret, random };
  const allocation = allocate(want, ledger.takenOf(choice));
  if ("prefix" in allocation) return { prefix: allocation.prefix, isNew: true };
  throw new AnyIPError(
    "POOL_EXHAUSTED",
    `the pool ${explainExhausted(length, choice.pool, allocation.exhausted)}. Give a larger pool that holds this one, ` +
      "which renumbers nobody, or delete what is not needed any more",
  );
}

/** True where nobody new would get the prefix, because it is excluded. */
export function isLeftOut({ keptOut }: Choice, prefix: Prefix): boolean {
  return keptOut.some(({ blocks }) => blocks.some((block) => overlaps(block, prefix)));
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
