// The nodes of a PrefixTree and how blocks come and go. It knows nothing of what is free.
import type { Prefix } from "../prefix";

/** A block that somebody has. */
export interface Taken {
  readonly prefix: Prefix;
  /** Who has it, in words for a person. */
  readonly by: string;
}

/** A block that is taken, or the longest that holds two such. There is no third kind: what is free has no nodes. */
export interface Node {
  readonly network: bigint;
  readonly length: number;
  /** Those who have exactly this block. */
  takers: readonly Taken[];
  low: Node | undefined;
  high: Node | undefined;
  // What has been computed of this node and all below it, by whoever asked; dropped when any of that changes.
  /** Blocks below that are not free, by their measure. */
  counts: Map<number, bigint> | undefined;
  /** By length: the place in RFC 3531's order of the free block that comes first in it; undefined when none is free. */
  ranks: Map<number, bigint | undefined> | undefined;
  /** The length of the largest free block below. */
  largestFree: number | undefined;
}

/** The tree below a place, with the block added. Blocks may overlap and be added by several. */
export function insertBlock(bits: number, node: Node | undefined, block: Prefix, taken: Taken): Node {
  if (!node) return makeNode(block.network, block.length, [taken]);
  const shared = sharedLength(bits, block, node);
  if (shared === node.length) {
    forget(node);
    if (shared === block.length) node.takers = [...node.takers, taken];
    else if (hasBit(bits, block.network, shared)) node.high = insertBlock(bits, node.high, block, taken);
    else node.low = insertBlock(bits, node.low, block, taken);
    return node;
  }
  const parent = makeNode(clearTail(bits, block.network, shared), shared, []);
  if (shared === block.length) parent.takers = [taken];
  else place(bits, parent, makeNode(block.network, block.length, [taken]));
  place(bits, parent, node);
  return parent;
}

/** The tree below a place, without what that one had added there. */
export function removeBlock(
  bits: number,
  node: Node | undefined,
  block: Prefix,
  gone: Taken,
): Node | undefined {
  if (!node || node.length > block.length || sharedLength(bits, block, node) < node.length) return node;
  forget(node);
  if (node.length === block.length) {
    const index = node.takers.findIndex((taken) => isSame(taken, gone));
    if (index >= 0) node.takers = node.takers.filter((_, place) => place !== index);
  } else if (hasBit(bits, block.network, node.length)) node.high = removeBlock(bits, node.high, block, gone);
  else node.low = removeBlock(bits, node.low, block, gone);
  if (node.takers.length > 0 || (node.low && node.high)) return node;
  return node.low ?? node.high;
}

/** Of two with the same block in one pool, whose length may differ where both reach beyond it. */
function isSame(a: Taken, b: Taken): boolean {
  return a.by === b.by && a.prefix.length === b.prefix.length;
}

/** Who has the largest block that holds this one; else who has the lowest that lies in it. */
export function findTaken(bits: number, root: Node | undefined, block: Prefix): Taken | undefined {
  let node = root;
  while (node) {
    if (sharedLength(bits, block, node) < Math.min(node.length, block.length)) return undefined;
    if (node.takers.length > 0) return node.takers[0];
    node = node.length < block.length && hasBit(bits, block.network, node.length) ? node.high : node.low;
  }
  return undefined;
}

/** The bit of the address behind so many others. */
export function hasBit(bits: number, network: bigint, position: number): boolean {
  return (network & (powers[bits - 1 - position] ?? 0n)) !== 0n;
}

/** 2^0 to 2^128. */
export const powers: readonly bigint[] = Array.from({ length: 129 }, (_, exponent) => 1n << BigInt(exponent));

function makeNode(network: bigint, length: number, takers: readonly Taken[]): Node {
  return {
    network,
    length,
    takers,
    low: undefined,
    high: undefined,
    counts: undefined,
    ranks: undefined,
    largestFree: undefined,
  };
}

function forget(node: Node): void {
  node.counts = undefined;
  node.ranks = undefined;
  node.largestFree = undefined;
}

function place(bits: number, parent: Node, child: Node): void {
  if (hasBit(bits, child.network, parent.length)) parent.high = child;
  else parent.low = child;
}

/** How many leading bits the two have in common, at most the length of the shorter one. */
function sharedLength(bits: number, a: Prefix, b: Node): number {
  const shortest = Math.min(a.length, b.length);
  const difference = a.network ^ b.network;
  if (difference < (powers[bits - shortest] ?? 0n)) return shortest;
  return bits - bitLength(difference);
}

/** How many bits the number has: 0 for 0, 3 for 5. */
function bitLength(value: bigint): number {
  if (value === 0n) return 0;
  const hex = value.toString(16);
  return 4 * hex.length - Math.clz32(Number.parseInt(hex.charAt(0), 16)) + 28;
}

function clearTail(bits: number, network: bigint, length: number): bigint {
  const tail = BigInt(bits - length);
  return (network >> tail) << tail;
}
