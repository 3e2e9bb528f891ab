// What is taken of a pool and what is free: a path-compressed binary tree (RFC 4291's prefixes are its paths). Every
// answer costs as much as a path is long, never as much as a block holds addresses. It decides nothing about who gets what.
import { addressBits } from "../address";
import { countAddresses, holdsPrefix, overlaps, type Prefix } from "../prefix";
import { findTaken, hasBit, insertBlock, type Node, powers, removeBlock, type Taken } from "./node";
import { nothingReserved, type ReservedAddresses } from "./reserved";

/** A part of the pool, and the tree of what is taken in it; nothing of a part without a tree is. */
export interface Part {
  readonly network: bigint;
  readonly length: number;
  readonly node: Node | undefined;
}

/** What to count: aligned blocks of a length, all of them or, of single addresses, those that are not reserved. */
interface Measure {
  readonly length: number;
  readonly reserved: ReservedAddresses | undefined;
  /** Names the measure among those of one tree. */
  readonly key: number;
}

/** Larger than any length: of what has nothing free. */
const nothingFree = 129;

/**
 * The taken blocks of one pool. Blocks may overlap: an exclusion may lie over an address that somebody has, and each goes by
 * itself. A length is that of the blocks asked about, from the pool's to that of an address. Reserved addresses are never
 * free where single addresses are asked about, and do not matter to any shorter length.
 */
export class PrefixTree {
  readonly #bits: number;
  readonly #addresses: Measure;
  #root: Node | undefined;

  constructor(
    readonly pool: Prefix,
    readonly reserved: ReservedAddresses = nothingReserved(pool),
  ) {
    this.#bits = addressBits(pool.family);
    this.#addresses = { length: this.#bits, reserved: undefined, key: this.#bits };
  }

  /** Adds a block; of one that reaches beyond the pool, what lies in it. One that lies outside changes nothing. */
  insert(prefix: Prefix, by: string): void {
    if (!overlaps(prefix, this.pool)) return;
    this.#root = insertBlock(this.#bits, this.#root, this.#clip(prefix), { prefix, by });
  }

  /** Takes out what one {@link insert} of the same block by the same one had added; nothing, if there was none. */
  remove(prefix: Prefix, by: string): void {
    if (!overlaps(prefix, this.pool)) return;
    this.#root = removeBlock(this.#bits, this.#root, this.#clip(prefix), { prefix, by });
  }

  /** Who has addresses of the block: the one with the largest block around it, else the one with the lowest block in it. */
  holderOf(prefix: Prefix): Taken | undefined {
    return findTaken(this.#bits, this.#root, prefix);
  }

  /** True when the block lies in the pool, nobody has any of it and it is not reserved. */
  isFree(prefix: Prefix): boolean {
    if (!holdsPrefix(this.pool, prefix) || this.holderOf(prefix)) return false;
    return prefix.length < this.#bits || !this.reserved.find(prefix.network);
  }

  /** How many aligned blocks of the length are free. */
  freeCount(length: number): bigint {
    return this.#countPart(this.whole, this.#measure(length));
  }

  /** The lowest free block of the length. */
  firstFree(length: number): Prefix | undefined {
    return this.nthFree(length, 0n);
  }

  /** The k-th free block of the length, in ascending order from 0; undefined when there are no more than k. */
  nthFree(length: number, k: bigint): Prefix | undefined {
    const measure = this.#measure(length);
    if (k < 0n || k >= this.#countPart(this.whole, measure)) return undefined;
    return this.#block(this.#findNth(this.whole, measure, k), length);
  }

  /** The lowest free block of the same length that does not lie below this one; it does not begin again at the pool's start. */
  nextFreeFrom(prefix: Prefix): Prefix | undefined {
    const network = this.#findNext(this.whole, this.#measure(prefix.length), prefix.network);
    return network === undefined ? undefined : this.#block(network, prefix.length);
  }

  /** Addresses of the pool. */
  get total(): bigint {
    return countAddresses(this.pool);
  }

  /** Addresses that nobody has; reserved ones are among them. */
  get free(): bigint {
    return this.#countPart(this.whole, this.#addresses);
  }

  /** Addresses that are taken; each counts once. */
  get used(): bigint {
    return this.total - this.free;
  }

  /** Addresses that nobody has and that are not handed out singly. */
  get reservedFree(): bigint {
    return this.free - this.freeCount(this.#bits);
  }

  /** The largest block that nobody has any of, and of several such the lowest; undefined when everything is taken. */
  get largestFreePrefix(): Prefix | undefined {
    const length = this.#largestFree(this.whole);
    if (length === nothingFree) return undefined;
    let part = this.whole;
    while (part.node) {
      const [low, high] = this.halve(part);
      part = this.#largestFree(low) === length ? low : high;
    }
    return this.#block(part.network, part.length);
  }

  /** All of the pool. */
  get whole(): Part {
    return { network: this.pool.network, length: this.pool.length, node: this.#root };
  }

  /** The two halves of a part that is longer than one address. */
  halve({ network, length, node }: Part): readonly [low: Part, high: Part] {
    const middle = network + (powers[this.#bits - length - 1] ?? 0n);
    const isFork = node?.length === length;
    const isHigh = node !== undefined && !isFork && hasBit(this.#bits, node.network, length);
    const low = isFork ? node.low : isHigh ? undefined : node;
    const high = isFork ? node.high : isHigh ? node : undefined;
    return [
      { network, length: length + 1, node: low },
      { network: middle, length: length + 1, node: high },
    ];
  }

  #clip(prefix: Prefix): Prefix {
    return prefix.length < this.pool.length ? this.pool : prefix;
  }

  #block(network: bigint, length: number): Prefix {
    return { family: this.pool.family, network, length };
  }

  #measure(length: number): Measure {
    if (length < this.#bits || this.reserved.isEmpty) return { length, reserved: undefined, key: length };
    return { length, reserved: this.reserved, key: this.#bits + 1 };
  }

  #countPart({ network, length, node }: Part, measure: Measure): bigint {
    const all = this.#countAll(network, length, measure);
    return node ? all - this.#countNode(node, measure) : all;
  }

  /** What a block would have if nobody had any of it. */
  #countAll(network: bigint, length: number, measure: Measure): bigint {
    const blocks = powers[measure.length - length] ?? 0n;
    return measure.reserved ? blocks - measure.reserved.countIn(network, length) : blocks;
  }

  /** Of what a node's block would have, that which somebody has a part of. */
  #countNode(node: Node, measure: Measure): bigint {
    if (node.takers.length > 0 || node.length >= measure.length) {
      return this.#countAll(node.network, Math.min(node.length, measure.length), measure);
    }
    node.counts ??= new Map();
    const known = node.counts.get(measure.key);
    if (known !== undefined) return known;
    const low = node.low ? this.#countNode(node.low, measure) : 0n;
    const count = node.high ? low + this.#countNode(node.high, measure) : low;
    node.counts.set(measure.key, count);
    return count;
  }

  /** The network of the k-th free block of a part that has so many. */
  #findNth(start: Part, measure: Measure, k: bigint): bigint {
    let part = start;
    let rest = k;
    while (part.node) {
      const [low, high] = this.halve(part);
      const below = this.#countPart(low, measure);
      part = rest < below ? low : high;
      if (rest >= below) rest -= below;
    }
    if (measure.reserved) return measure.reserved.nthUnreserved(part.network, part.length, rest);
    return part.network + rest * (powers[this.#bits - measure.length] ?? 0n);
  }

  /** The network of the lowest free block of a part that begins at an address or above it. */
  #findNext(part: Part, measure: Measure, from: bigint): bigint | undefined {
    const end = part.network + (powers[this.#bits - part.length] ?? 0n);
    if (from >= end || this.#countPart(part, measure) === 0n) return undefined;
    if (from <= part.network) return this.#findNth(part, measure, 0n);
    if (part.node) {
      const [low, high] = this.halve(part);
      return this.#findNext(low, measure, from) ?? this.#findNext(high, measure, from);
    }
    const tail = BigInt(this.#bits - measure.length);
    const aligned = ((from + (1n << tail) - 1n) >> tail) << tail;
    const candidate = measure.reserved ? measure.reserved.skip(aligned) : aligned;
    return candidate < end ? candidate : undefined;
  }

  #largestFree({ length, node }: Part): number {
    if (!node) return length;
    if (node.length > length) return length + 1;
    if (node.takers.length > 0) return nothingFree;
    if (node.largestFree === undefined) {
      const [low, high] = this.halve({ network: node.network, length, node });
      node.largestFree = Math.min(this.#largestFree(low), this.#largestFree(high));
    }
    return node.largestFree;
  }
}
