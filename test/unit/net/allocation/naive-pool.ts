// The same pool as PrefixTree, address by address: slow, and simple enough to be believed.
import fc from "fast-check";
import { addressBits } from "../../../../net/address";
import { PrefixTree } from "../../../../net/allocation/prefix-tree";
import { ReservedAddresses } from "../../../../net/allocation/reserved";
import { countAddresses, holdsPrefix, overlaps, type Prefix } from "../../../../net/prefix";
import { requirePrefix } from "../require-prefix";

export interface NaiveTaken {
  readonly prefix: Prefix;
  readonly by: string;
}

export class NaivePool {
  taken: NaiveTaken[] = [];

  constructor(
    readonly pool: Prefix,
    /** Offsets within subnets of the length. */
    readonly subnetLength: number,
    readonly reservedOffsets: readonly bigint[],
  ) {}

  insert(prefix: Prefix, by: string): void {
    if (overlaps(prefix, this.pool)) this.taken.push({ prefix, by });
  }

  remove(prefix: Prefix, by: string): void {
    const index = this.taken.findIndex((entry) => entry.by === by && isSame(entry.prefix, prefix));
    if (index >= 0) this.taken.splice(index, 1);
  }

  blocks(length: number): Prefix[] {
    const { family, network } = this.pool;
    const step = 1n << BigInt(addressBits(family) - length);
    const count = Number(countAddresses(this.pool) / step);
    return Array.from({ length: count }, (_, index) => ({
      family,
      network: network + BigInt(index) * step,
      length,
    }));
  }

  isTaken(block: Prefix): boolean {
    return this.taken.some(({ prefix }) => overlaps(prefix, block));
  }

  isReserved(address: bigint): boolean {
    const bits = addressBits(this.pool.family) - this.subnetLength;
    return this.reservedOffsets.includes(BigInt.asUintN(bits, address));
  }

  freeBlocks(length: number): Prefix[] {
    const isAddress = length === addressBits(this.pool.family);
    return this.blocks(length).filter(
      (block) => !this.isTaken(block) && !(isAddress && this.isReserved(block.network)),
    );
  }

  freeAddresses(): bigint {
    const addresses = this.blocks(addressBits(this.pool.family));
    return BigInt(addresses.filter((block) => !this.isTaken(block)).length);
  }

  /** The block of whoever holds the largest around it, else the lowest in it. */
  holders(block: Prefix): NaiveTaken[] {
    const clipped = this.taken.map((entry) => ({
      ...entry,
      block: holdsPrefix(entry.prefix, this.pool) ? this.pool : entry.prefix,
    }));
    const around = clipped.filter((entry) => holdsPrefix(entry.block, block));
    const inside = clipped.filter((entry) => holdsPrefix(block, entry.block));
    const candidates = around.length > 0 ? around : inside;
    const [best] = candidates.toSorted(
      (a, b) => Number(a.block.network - b.block.network) || a.block.length - b.block.length,
    );
    return candidates.filter((entry) => best !== undefined && isSame(entry.block, best.block));
  }
}

export function isSame(a: Prefix, b: Prefix): boolean {
  return a.length === b.length && a.network === b.network && a.family === b.family;
}

export interface Change {
  readonly kind: "insert" | "remove";
  readonly block: Prefix;
  readonly by: string;
}

export interface PoolCase {
  readonly pool: Prefix;
  readonly subnetLength: number;
  readonly reservedOffsets: readonly bigint[];
  readonly changes: readonly Change[];
}

const anyPool = fc
  .constantFrom(
    ...["192.0.2.0/26", "192.0.2.64/28", "198.51.100.7/32", "255.255.255.192/26", "0.0.0.0/27"],
    ...[
      "2001:db8::/122",
      "2001:db8::ff00/123",
      "2001:db8::1/128",
      "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffc0/122",
    ],
  )
  .map(requirePrefix);

/** A block of the pool, now and then one that reaches beyond it or lies outside. */
export function anyBlockOf(pool: Prefix): fc.Arbitrary<Prefix> {
  const bits = addressBits(pool.family);
  return fc
    .tuple(fc.integer({ min: Math.max(0, pool.length - 1), max: bits }), fc.bigInt({ min: -8n, max: 71n }))
    .map(([length, offset]) => {
      const value = BigInt.asUintN(bits, pool.network + (offset % (countAddresses(pool) + 8n)));
      const tail = BigInt(bits - length);
      return { family: pool.family, network: (value >> tail) << tail, length };
    });
}

/** A small pool with reserved addresses in each of its subnets, and a history of what was taken and given back. */
export const anyPoolCase: fc.Arbitrary<PoolCase> = anyPool.chain((pool) => {
  const bits = addressBits(pool.family);
  const anyChange = fc.record({
    kind: fc.constantFrom("insert", "insert", "remove"),
    block: anyBlockOf(pool),
    by: fc.constantFrom("shop", "mail"),
  }) as fc.Arbitrary<Change>;
  return fc.integer({ min: pool.length, max: bits }).chain((subnetLength) =>
    fc.record({
      pool: fc.constant(pool),
      subnetLength: fc.constant(subnetLength),
      reservedOffsets: fc.oneof(
        fc.constant([]),
        fc.constant([1n, 2n, 3n].filter((offset) => offset < 1n << BigInt(bits - subnetLength))),
        fc.uniqueArray(fc.bigInt({ min: 0n, max: (1n << BigInt(bits - subnetLength)) - 1n }), {
          maxLength: 6,
        }),
      ),
      // What is removed is often what was inserted.
      changes: fc
        .array(anyChange, { maxLength: 30 })
        .map((changes) => changes.map((change, index) => repeatBlock(changes, change, index))),
    }),
  );
});

function repeatBlock(changes: readonly Change[], change: Change, index: number): Change {
  const earlier = changes[Math.floor(index / 2)];
  return change.kind === "remove" && earlier ? { ...change, block: earlier.block, by: earlier.by } : change;
}

/** The tree and the model after the same history. */
export function replay({ pool, subnetLength, reservedOffsets, changes }: PoolCase): {
  tree: PrefixTree;
  naive: NaivePool;
} {
  const ranges: { first: bigint; last: bigint; why: string }[] = [];
  for (const offset of reservedOffsets.toSorted((a, b) => (a < b ? -1 : 1))) {
    const range = ranges.at(-1);
    if (range && range.last === offset - 1n) range.last = offset;
    else ranges.push({ first: offset, last: offset, why: "reserved for a test" });
  }
  const tree = new PrefixTree(pool, new ReservedAddresses(pool, subnetLength, ranges));
  const naive = new NaivePool(pool, subnetLength, reservedOffsets);
  for (const { kind, block, by } of changes) {
    // Asked in between, so that an answer that is kept too long shows.
    tree.freeCount(addressBits(pool.family));
    tree.largestFreePrefix;
    tree[kind](block, by);
    naive[kind](block, by);
  }
  return { tree, naive };
}
