// What names have given back and nobody else gets yet. Pure: the time is given.
import { addressBits } from "../../net/address";
import type { PrefixTree } from "../../net/allocation/prefix-tree";
import { holdsPrefix, overlaps, type Prefix } from "../../net/prefix";
import type { DesiredPool } from "./inputs";
import type { Released } from "./state";

/** The blocks in quarantine, in the tree and by name. A name's own are out of its way only while it is served. */
export class Quarantine {
  readonly #byName = new Map<string, Released[]>();

  constructor(
    private readonly taken: PrefixTree,
    private readonly desired: DesiredPool,
    private readonly nowMs: number,
  ) {}

  /** Takes over what was recorded and is neither over nor beside the pool. */
  keep(released: readonly Released[]): void {
    const sinceMs = this.nowMs - this.desired.quarantineSeconds * 1000;
    for (const entry of released) {
      if (entry.releasedAtMs > sinceMs && overlaps(entry.block, this.taken.pool)) this.#add(entry);
    }
  }

  /** Begins with what a name had and has no longer. */
  release(name: string, had: Prefix, has: Prefix | undefined): void {
    if (this.desired.quarantineSeconds === 0) return;
    for (const block of subtract(had, has)) this.#add({ name, block, releasedAtMs: this.nowMs });
  }

  /** Serves a name, which may get what it had itself; what it got is in quarantine no longer. */
  serve<T extends { readonly block?: Prefix }>(name: string, give: (own: readonly Prefix[]) => T): T {
    const own = this.#byName.get(name) ?? [];
    this.#byName.delete(name);
    for (const entry of own) this.taken.remove(entry.block, describe(entry));
    const given = give(own.map(({ block }) => block).reverse());
    for (const entry of own) {
      for (const block of subtract(entry.block, given.block)) this.#add({ ...entry, block });
    }
    return given;
  }

  /** By name, then as they came. */
  list(): Released[] {
    const names = [...this.#byName.keys()].sort();
    return names.flatMap((name) => this.#byName.get(name) ?? []);
  }

  #add(entry: Released): void {
    this.#byName.set(entry.name, [...(this.#byName.get(entry.name) ?? []), entry]);
    this.taken.insert(entry.block, describe(entry));
  }
}

function describe({ name, releasedAtMs }: Released): string {
  return `in quarantine, ${name} had it until ${new Date(releasedAtMs).toISOString()}`;
}

/** The blocks of one that are not in the other, which is a part of it or lies beside it; none if it lies around it. */
function subtract(block: Prefix, part: Prefix | undefined): Prefix[] {
  if (!part || !overlaps(block, part)) return [block];
  if (holdsPrefix(part, block)) return [];
  const { family } = block;
  const bits = addressBits(family);
  const rest: Prefix[] = [];
  for (let length = block.length + 1; length <= part.length; length++) {
    const size = BigInt(bits - length);
    rest.push({ family, network: ((part.network >> size) ^ 1n) << size, length });
  }
  return rest;
}
