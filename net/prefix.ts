// Prefixes: a network and its length, exact over 128 bits. Pure; it decides nothing about what may be bound.
import { type Address, addressBits, type Family, formatAddress, parseAddress } from "./address";

/** A network with its length. The host bits of `network` are zero. */
export interface Prefix {
  readonly family: Family;
  readonly network: bigint;
  /** 0–32 or 0–128. */
  readonly length: number;
}

/** Why a text is not a prefix, in words that continue "the prefix …". */
export interface PrefixProblem {
  readonly problem: string;
}

const prefixText = /^([^/]+)\/(0|[1-9][0-9]{0,2})$/;

/**
 * Reads CIDR text such as `2001:db8:100::/64` or `192.0.2.0/24` (RFC 4291 §2.3, RFC 4632 §3.1).
 * Host bits are an error, not a rounding: the kernel would mask them silently in IPv6 and refuse them in IPv4.
 */
export function parsePrefix(text: string): Prefix | PrefixProblem {
  const known = prefixes.get(text);
  if (known !== undefined) return known;
  const answer = readPrefix(text);
  if (isPrefixProblem(answer)) return answer;
  if (prefixes.size >= maxPrefixes) prefixes.clear();
  prefixes.set(text, answer);
  return answer;
}

// The same few thousand texts come again and again: in a state, in a record, in a pool that a thousand resources name.
const prefixes = new Map<string, Prefix>();
const maxPrefixes = 10_000;

function readPrefix(text: string): Prefix | PrefixProblem {
  const bare = parseAddress(text);
  if (bare) {
    const bits = addressBits(bare.family);
    return {
      problem: `has no length; write ${formatAddress(bare)}/${bits} for the one address, or its subnet`,
    };
  }
  const parts = prefixText.exec(text);
  const address = parts?.[1] === undefined ? undefined : parseAddress(parts[1]);
  if (!parts || !address) {
    return { problem: `is not ADDRESS/LENGTH such as 2001:db8:100::/64 or 192.0.2.0/24${explainText(text)}` };
  }
  const length = Number(parts[2]);
  const bits = addressBits(address.family);
  if (length > bits) return { problem: `has length ${length}; 0 to ${bits} are possible` };
  const prefix = prefixOf(address, length);
  if (prefix.network !== address.value) {
    return {
      problem:
        `has host bits set; the /${length} that holds this address is ${formatPrefix(prefix)}, ` +
        `and the one address is ${formatAddress(address)}/${bits}`,
    };
  }
  return prefix;
}

function explainText(text: string): string {
  if (text.length > 49) return ` (it is ${text.length} characters long)`;
  if (text.includes("%")) return " (a zone id such as %eth0 has no place in it)";
  if (/\s/.test(text)) return " (it contains white space)";
  if (/[^\x20-\x7e]/.test(text)) return " (it contains characters that are not ASCII)";
  if (/\/.*\./.test(text)) return " (write the mask as a length: /24, not /255.255.255.0)";
  return "";
}

/** Narrows {@link parsePrefix}'s answer. */
export function isPrefixProblem(answer: Prefix | PrefixProblem): answer is PrefixProblem {
  return "problem" in answer;
}

/** The prefix of the given length that holds the address. */
export function prefixOf(address: Address, length: number): Prefix {
  const hostBits = BigInt(addressBits(address.family) - length);
  return { family: address.family, network: (address.value >> hostBits) << hostBits, length };
}

/** The prefix that holds the address and nothing else. */
export function hostPrefix(address: Address): Prefix {
  return prefixOf(address, addressBits(address.family));
}

// Text costs more than all else that is done with a prefix, and the same pool is asked for it a thousand times.
const texts = new WeakMap<Prefix, string>();

/** Canonical text: RFC 5952 address, `/`, length. */
export function formatPrefix(prefix: Prefix): string {
  const known = texts.get(prefix);
  if (known !== undefined) return known;
  const text = `${formatAddress({ family: prefix.family, value: prefix.network })}/${prefix.length}`;
  texts.set(prefix, text);
  return text;
}

/** How many addresses the prefix holds: 1 for a host route, 2^128 for ::/0. */
export function countAddresses(prefix: Prefix): bigint {
  return 1n << BigInt(addressBits(prefix.family) - prefix.length);
}

/** The lowest address. With AnyIP every address answers, the network's own one too. */
export function firstAddress(prefix: Prefix): Address {
  return { family: prefix.family, value: prefix.network };
}

/** The highest address. */
export function lastAddress(prefix: Prefix): Address {
  return { family: prefix.family, value: prefix.network + countAddresses(prefix) - 1n };
}

/** True when the two share at least one address. */
export function overlaps(a: Prefix, b: Prefix): boolean {
  if (a.family !== b.family) return false;
  return a.network <= lastAddress(b).value && b.network <= lastAddress(a).value;
}

/** True when the address is one of the prefix's. */
export function holdsAddress(prefix: Prefix, address: Address): boolean {
  return prefix.family === address.family && prefixOf(address, prefix.length).network === prefix.network;
}

/** True when every address of the inner prefix is one of the outer's; a prefix holds itself. */
export function holdsPrefix(outer: Prefix, inner: Prefix): boolean {
  return outer.family === inner.family && outer.length <= inner.length && overlaps(outer, inner);
}

/** IPv4 first, then by the lowest address; of two that begin alike the larger first. */
export function comparePrefixes(a: Prefix, b: Prefix): number {
  if (a.family !== b.family) return a.family === "ipv4" ? -1 : 1;
  if (a.network !== b.network) return a.network < b.network ? -1 : 1;
  return a.length - b.length;
}
