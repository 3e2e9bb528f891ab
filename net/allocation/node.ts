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

/** The tree with the block added. Blocks may overlap and be added by several. */
export function insertBlock(bits: number, root: Node | undefined, block: Prefix, taken: Taken): Node {
  const added = makeNode(block.network, block.length, [taken]);
  return root ? insertNode(bits, root, added, sharedWithPath(bits, root, block)) : added;
}

/** The tree below a place, with the node added, which has so many leading bits in common with its path. */
function insertNode(bits: number, node: Node, added: Node, shared: number): Node {
  if (node.length <= shared) {
    forget(node);
    if (node.length === added.length) node.takers = [...node.takers, ...added.takers];
    else if (hasBit(bits, added.network, node.length)) {
      node.high = node.high ? insertNode(bits, node.high, added, shared) : added;
    } else node.low = node.low ? insertNode(bits, node.low, added, shared) : added;
    return node;
  }
  const parent =
    shared === added.length ? added : makeNode(clearTail(bits, added.network, shared), shared, []);
  if (parent !== added) place(bits, parent, added);
  place(bits, parent, node);
  return parent;
}

/** How many leading bits the block has in common with the nodes on its way; one comparison at the way's end tells. */
function sharedWithPath(bits: number, root: Node, block: Prefix): number {
  let node = root;
  while (node.length < block.length) {
    const next = hasBit(bits, block.network, node.length) ? node.high : node.low;
    if (!next) break;
    node = next;
  }
  return sharedLength(bits, block, node);
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
  // Whether the way was the right one, one comparison at its end tells.
  while (node && node.takers.length === 0 && node.length < block.length) {
    node = hasBit(bits, block.network, node.length) ? node.high : node.low;
  }
  if (!node || sharedLength(bits, block, node) < Math.min(node.length, block.length)) return undefined;
  while (node && node.takers.length === 0) node = node.low;
  return node?.takers[0];
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
