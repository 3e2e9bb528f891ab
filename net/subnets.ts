// The equal parts of a prefix, by number: an address space is too large to list.
import { addressBits } from "./address";
import type { Prefix } from "./prefix";

/** How many prefixes of the length a prefix holds; the length is at least its own. */
export function countSubnets(prefix: Prefix, length: number): bigint {
  return 1n << BigInt(length - prefix.length);
}

/** The part with this number, from 0 in the order of addresses. */
export function subnetAt(prefix: Prefix, length: number, index: bigint): Prefix {
  const hostBits = BigInt(addressBits(prefix.family) - length);
  return { family: prefix.family, network: prefix.network + (index << hostBits), length };
}
