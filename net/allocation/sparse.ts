// RFC 3531's leftmost order: sub-prefixes as far apart as the pool lets them be, so that each can grow.
import { addressBits } from "../address";
import type { Prefix } from "../prefix";
import { hasBit, type Node } from "./node";
import type { Part, PrefixTree } from "./prefix-tree";

/**
 * Of the free blocks of a length, the one that comes first in RFC 3531 §3.1's leftmost order: the pool's own bits, then the
 * block's number counted from its leftmost bit on (of four: 0, 2, 1, 3). Undefined when none is free.
 *
 * Reserved addresses are not looked at: spreading is for blocks that can grow, not for single addresses.
 */
export function firstSparse(taken: PrefixTree, length: number): Prefix | undefined {
  const { family, network, length: poolLength } = taken.pool;
  const rank = rankPart(taken, taken.whole, length);
  if (rank === undefined) return undefined;
  const offset = reverseBits(rank, length - poolLength) << BigInt(addressBits(family) - length);
  return { family, network: network + offset, length };
}

/**
 * The place in the order of the part's first free block, counted within the part. A part's place is made of its halves': the
 * bit that tells them apart is the least significant one.
 */
function rankPart(taken: PrefixTree, part: Part, length: number): bigint | undefined {
  const { node } = part;
  if (!node) return 0n;
  const edge = Math.min(node.length, length) - part.length;
  const bits = addressBits(taken.pool.family);
  // A way to the node that leaves the part's lowest block aside leaves it free; else the first turn is the next in the order.
  if (edge > 0 && goesHigh(bits, node, part.length, edge)) return 0n;
  const inNode = node.length < length ? rankNode(taken, node, length) : undefined;
  if (edge === 0) return inNode;
  return inNode === 0n ? 0n : 1n;
}

function rankNode(taken: PrefixTree, node: Node, length: number): bigint | undefined {
  if (node.takers.length > 0) return undefined;
  node.ranks ??= new Map();
  if (!node.ranks.has(length)) {
    const [low, high] = taken.halve({ network: node.network, length: node.length, node });
    const lowRank = rankPart(taken, low, length);
    const highRank = rankPart(taken, high, length);
    const isLow = lowRank !== undefined && (highRank === undefined || lowRank <= highRank);
    node.ranks.set(length, isLow ? lowRank * 2n : highRank === undefined ? undefined : highRank * 2n + 1n);
  }
  return node.ranks.get(length);
}

/** True when any of so many bits of the node's network, from a position on, is set. */
function goesHigh(bits: number, node: Node, from: number, count: number): boolean {
  for (let position = from; position < from + count; position++) {
    if (hasBit(bits, node.network, position)) return true;
  }
  return false;
}

function reverseBits(value: bigint, width: number): bigint {
  return BigInt(`0b${value.toString(2).padStart(width, "0").split("").reverse().join("")}`);
}
