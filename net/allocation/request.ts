// What a program asks of a pool in words of its own: a length, a key, a certain block, exclusions. Explains what cannot be.
import { type Address, addressBits, formatAddress, parseAddress } from "../address";
import {
  formatPrefix,
  holdsPrefix,
  hostPrefix,
  isPrefixProblem,
  overlaps,
  type Prefix,
  type PrefixProblem,
  parsePrefix,
} from "../prefix";
import type { PrefixTree } from "./prefix-tree";

const maxKeyBytes = 255;

/**
 * Why a text cannot be a key, in words that continue "the key …". Two keys that look the same must be the same: other Unicode
 * forms than NFC are refused and not changed, so that the key is what the program says.
 */
export function explainKey(key: string): string | undefined {
  if (key === "") return "is empty";
  if (/\p{Cc}/u.test(key)) return "contains control characters";
  if (/\p{Cs}/u.test(key)) return "is not well-formed Unicode: half of a surrogate pair";
  if (key !== key.normalize("NFC")) return 'is not in Unicode\'s normal form C; give key.normalize("NFC")';
  const bytes = new TextEncoder().encode(key).length;
  if (bytes > maxKeyBytes) return `has ${bytes} bytes in UTF-8; ${maxKeyBytes} are possible`;
  return undefined;
}

/** Why the pool has no blocks of the length, in words that continue "the prefix length …". */
export function explainLength(pool: Prefix, length: number): string | undefined {
  const bits = addressBits(pool.family);
  if (Number.isInteger(length) && length >= pool.length && length <= bits) return undefined;
  return `is ${length}; blocks of ${formatPrefix(pool)} have ${pool.length} to ${bits}`;
}

/** Reads a block: an address, or a prefix without host bits. */
export function parseBlock(text: string): Prefix | PrefixProblem {
  const address = parseAddress(text);
  return address ? hostPrefix(address) : parsePrefix(text);
}

/** An address as a block; a prefix in full. */
export function formatBlock(prefix: Prefix): string {
  return prefix.length === addressBits(prefix.family)
    ? formatAddress({ family: prefix.family, value: prefix.network })
    : formatPrefix(prefix);
}

const rangeText = /^([0-9a-fA-F:.]+)\s*-\s*([0-9a-fA-F:.]+)$/;

/** Reads what is to be left out, as an address, a prefix, or a range `FIRST-LAST`, into the blocks that it consists of. */
export function parseExclusion(text: string): readonly Prefix[] | PrefixProblem {
  const parts = rangeText.exec(text);
  if (!parts) {
    const block = parseBlock(text);
    return isPrefixProblem(block) ? block : [block];
  }
  const first = parseAddress(parts[1] ?? "");
  const last = parseAddress(parts[2] ?? "");
  if (!first || !last) return { problem: "is not FIRST-LAST such as 192.0.2.1-192.0.2.9" };
  if (first.family !== last.family) return { problem: "begins in one family and ends in the other" };
  if (first.value > last.value) {
    return { problem: `ends before it begins; write ${formatAddress(last)}-${formatAddress(first)}` };
  }
  return splitRange(first, last.value);
}

/** Why a certain block cannot be had, in words that continue "the request …"; undefined when it is there to be taken. */
export function explainRequest(request: Prefix, length: number, taken: PrefixTree): string | undefined {
  const { pool } = taken;
  const text = formatBlock(request);
  if (!holdsPrefix(pool, request)) {
    return overlaps(pool, request)
      ? `${text} is larger than the pool ${formatPrefix(pool)}`
      : `${text} is not in the pool ${formatPrefix(pool)}`;
  }
  if (request.length !== length) return `${text} has length ${request.length} where ${length} is asked for`;
  const holder = taken.holderOf(request);
  if (holder) {
    const block = formatBlock(holder.prefix);
    return block === text ? `${text} is taken: ${holder.by}` : `${text} overlaps ${block}: ${holder.by}`;
  }
  const reserved = length === addressBits(pool.family) ? taken.reserved.find(request.network) : undefined;
  return reserved && `${text} is ${reserved.why}`;
}

/** The fewest prefixes that are a range together. */
function splitRange(first: Address, last: bigint): Prefix[] {
  const bits = addressBits(first.family);
  const blocks: Prefix[] = [];
  for (let network = first.value; network <= last; ) {
    let size = 0;
    while (size < bits && fits(network, size + 1, last)) size++;
    blocks.push({ family: first.family, network, length: bits - size });
    network += 1n << BigInt(size);
  }
  return blocks;
}

/** True when 2^size addresses from the network on are a prefix that does not reach beyond the last address. */
function fits(network: bigint, size: number, last: bigint): boolean {
  return BigInt.asUintN(size, network) === 0n && network + (1n << BigInt(size)) - 1n <= last;
}
