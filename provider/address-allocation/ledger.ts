// What is taken on a host, as its route table and its ownership records have it: the ledger that choices are made by.
import type { PrefixTree } from "../../net/allocation/prefix-tree";
import { formatBlock } from "../../net/allocation/request";
import { formatPrefix, holdsPrefix, isPrefixProblem, type Prefix, parsePrefix } from "../../net/prefix";
import { openPool } from "../check/pool-fields";
import type { Observation } from "../host/host";
import { type Hold, isOtherMachine, isUnreadable, type OwnershipRecord, stackOf } from "../host/record";
import type { Choice } from "./inputs";

interface Entry {
  readonly prefix: Prefix;
  /** In words that follow "is taken: ". */
  readonly by: string;
}

const nobodysRoute = "a route of the host that is nobody's on record";

/**
 * What is taken on one host while its lock is held: what a look has shown, and what has been chosen since, which no look shows
 * yet. Each pool has a tree of it, made once and kept up to date.
 */
export class Ledger {
  readonly #entries: Entry[] = [];
  readonly #trees = new Map<string, PrefixTree>();
  /** By {@link wishKey}, what was chosen for it. */
  readonly #chosen = new Map<string, { readonly prefix: Prefix; readonly owner: string }[]>();
  #expired: OwnershipRecord[] = [];

  constructor(observed: Observation, nowSeconds: number) {
    const { table, machineId } = observed;
    const recorded = new Set<string>();
    for (const [name, found] of observed.listRecords()) {
      if (isUnreadable(found)) {
        // Its name says what it is about: whatever it says, nobody else gets that.
        const prefix = readPrefix(name.replace(/_([0-9]{1,3})-table-.*$/, "/$1"));
        if (prefix)
          this.#entries.push({ prefix, by: `its record ${found.path} on the host ${found.problem}` });
      } else if (isOver(found, nowSeconds)) {
        this.#expired.push(found);
      } else if (!isOtherMachine(found.machineId, machineId)) {
        if (found.hold.kind !== "released") recorded.add(found.route.prefix);
        this.#addRecord(found);
      }
    }
    for (const text of table.prefixes()) {
      const prefix = recorded.has(text) ? undefined : readPrefix(text);
      if (prefix) this.#entries.push({ prefix, by: nobodysRoute });
    }
  }

  /** What is taken of a pool, and what this choice leaves out. A route around the whole pool is what the pool is bound by. */
  takenOf(choice: Choice): PrefixTree {
    const { pool, includeReserved, keptOut } = choice;
    const left = keptOut.flatMap(({ blocks }) => blocks.map(formatPrefix));
    const name = JSON.stringify([formatPrefix(pool), includeReserved, left]);
    const known = this.#trees.get(name);
    if (known) return known;
    const tree = openPool(choice);
    for (const { prefix, by } of this.#entries) if (!holdsPrefix(prefix, pool)) tree.insert(prefix, by);
    this.#trees.set(name, tree);
    return tree;
  }

  /** What is on record for the same stack, pool, key and length: a run that died, a former name, or what was released. */
  findChosen(choice: Choice, owner: string): Prefix | undefined {
    const found = this.#chosen.get(wishKey(stackOf(owner), choice)) ?? [];
    return (found.find((chosen) => chosen.owner === owner) ?? found[0])?.prefix;
  }

  /** Why a certain block cannot be had, as {@link explainRequest} says it. A route that is nobody's on record is not in its way. */
  explainTaken(
    choice: Choice,
    request: Prefix,
    explain: (taken: PrefixTree) => string | undefined,
  ): string | undefined {
    const taken = this.takenOf(choice);
    const holder = taken.holderOf(request);
    if (holder?.by !== nobodysRoute || formatBlock(holder.prefix) !== formatBlock(request))
      return explain(taken);
    taken.remove(request, nobodysRoute);
    const problem = explain(taken);
    taken.insert(request, nobodysRoute);
    return problem;
  }

  /** Who has it is in the way of all others from now on. */
  take(prefix: Prefix, by: string): void {
    this.#entries.push({ prefix, by });
    for (const tree of this.#trees.values()) if (!holdsPrefix(prefix, tree.pool)) tree.insert(prefix, by);
  }

  /** Undoes a {@link take}, or what a record had taken. */
  giveBack(prefix: Prefix, by: string): void {
    const text = formatPrefix(prefix);
    const at = this.#entries.findIndex((entry) => entry.by === by && formatPrefix(entry.prefix) === text);
    if (at < 0) return;
    this.#entries.splice(at, 1);
    for (const tree of this.#trees.values()) if (!holdsPrefix(prefix, tree.pool)) tree.remove(prefix, by);
  }

  /** Those records whose time of quarantine is over, once. */
  takeExpired(): OwnershipRecord[] {
    const expired = this.#expired;
    this.#expired = [];
    return expired;
  }

  /** Keeps everybody from what a record was about, while it is being removed; false where somebody has it already. */
  block({ route }: OwnershipRecord): boolean {
    const prefix = readPrefix(route.prefix);
    if (!prefix || this.#entries.some((entry) => formatPrefix(entry.prefix) === route.prefix)) return false;
    this.take(prefix, "its record on the host is being removed");
    return true;
  }

  #addRecord(record: OwnershipRecord): void {
    const prefix = readPrefix(record.route.prefix);
    if (!prefix) return;
    this.#entries.push({ prefix, by: describeHolder(record) });
    const pool = record.choice && readPrefix(record.choice.pool);
    if (!record.choice || !pool) return;
    const name = wishKey(stackOf(record.owner), { pool, length: prefix.length, key: record.choice.key });
    this.#chosen.set(name, [...(this.#chosen.get(name) ?? []), { prefix, owner: record.owner }]);
  }
}

/** Who has it, in words for a person. */
export function describeHolder(holder: {
  readonly owner: string;
  readonly choice?: { readonly key: string };
  readonly hold?: Hold;
}): string {
  const { owner, choice, hold } = holder;
  const whose = choice ? `${owner} for key ${JSON.stringify(choice.key)}` : owner;
  if (hold?.kind !== "released") return whose;
  return `in quarantine until ${new Date(hold.untilSeconds * 1000).toISOString()}; ${whose} had it`;
}

/** True for a record whose time of quarantine is over. */
export function isOver({ hold }: OwnershipRecord, nowSeconds: number): boolean {
  return hold.kind === "released" && hold.untilSeconds <= nowSeconds;
}

function wishKey(stack: string, { pool, length, key }: Pick<Choice, "pool" | "length" | "key">): string {
  return [stack, formatPrefix(pool), length, key].join("\n");
}

function readPrefix(text: string): Prefix | undefined {
  const prefix = parsePrefix(text);
  return isPrefixProblem(prefix) ? undefined : prefix;
}
