// Functions on prefixes and addresses, for programs that calculate before they declare. Texts in, texts out; counts and
// offsets are bigints, so that all of it is exact for 128 bits.
import { addressBits, type Family, formatAddress } from "../net/address";
import { mergePrefixes } from "../net/merge-prefixes";
import {
  countAddresses,
  firstAddress,
  formatPrefix,
  holdsPrefix,
  lastAddress,
  type Prefix,
  overlaps as prefixesOverlap,
} from "../net/prefix";
import { countSubnets, subnetAt } from "../net/subnets";
import { describe, readFigure, readPrefix, readPrefixOrAddress } from "./read-argument";

/** What {@link parsePrefix} reads out of a text. */
export interface ParsedPrefix {
  /** The canonical text (RFC 5952): the same for every way to write the prefix. */
  readonly prefix: string;
  readonly family: Family;
  /** Bits that all its addresses share, 0–32 or 0–128. */
  readonly length: number;
  /** The lowest address, which is the network's own. */
  readonly firstAddress: string;
  /** The highest address; in IPv4 usually the broadcast address. */
  readonly lastAddress: string;
  /** How many addresses it holds, 1 to 2^128. */
  readonly addressCount: bigint;
}

/**
 * Reads a prefix in CIDR notation (RFC 4632 §3.1, RFC 4291 §2.3). Strict, as an AnyIPRoute's is: host bits are an error, octets have no leading zeros, and neither zone ids nor masks are part of a prefix.
 *
 * @param text such as `2001:db8:100::/64` or `192.0.2.0/24`.
 * @throws TypeError if the text is not a prefix; the message says what would be.
 */
export function parsePrefix(text: string): ParsedPrefix {
  const prefix = readPrefix("text", text);
  return {
    prefix: formatPrefix(prefix),
    family: prefix.family,
    length: prefix.length,
    firstAddress: formatAddress(firstAddress(prefix)),
    lastAddress: formatAddress(lastAddress(prefix)),
    addressCount: countAddresses(prefix),
  };
}

/** The equal parts of a prefix, in the order of addresses. None is made before it is asked for; it can be gone through again. */
export interface Subnets extends Iterable<string> {
  /** How many there are, 1 to 2^128. */
  readonly count: bigint;
  /**
   * One of them, without those before it.
   *
   * @param index from 0; negative from the end, where -1 is the last, as with an array's `at`.
   * @throws RangeError if there is none with this number; TypeError if it is no number.
   */
  at(index: number | bigint): string;
}

/**
 * The parts of a given length that a prefix consists of. `for … of` takes one after the other, and may be left at any time:
 * a /32 has 2^32 parts of length 64.
 *
 * @param prefix such as `2001:db8:100::/60`.
 * @param length of the parts: from the prefix's own to 32 (IPv4) or 128.
 * @throws TypeError if the prefix is not one; RangeError if the length is not possible.
 */
export function subnets(prefix: string, length: number): Subnets {
  const whole = readPrefix("prefix", prefix);
  const lengths = [BigInt(whole.length), BigInt(addressBits(whole.family))] as const;
  const partLength = Number(
    readFigure("length", length, lengths, `a length of parts of ${formatPrefix(whole)}`),
  );
  const count = countSubnets(whole, partLength);
  const format = (index: bigint) => formatPrefix(subnetAt(whole, partLength, index));
  return {
    count,
    at: (index) =>
      format(readIndex(index, count, `the number of a /${partLength} of ${formatPrefix(whole)}`)),
    *[Symbol.iterator]() {
      for (let index = 0n; index < count; index++) yield format(index);
    },
  };
}

/**
 * One address of a prefix, by its number.
 *
 * @param prefix such as `2001:db8:100::/64`.
 * @param index from 0, the network's own address; negative from the end, where -1 is the last (in IPv4 usually the broadcast
 * address). A bigint where a number is not exact, above 2^53.
 * @throws TypeError if the prefix is not one, or the index no number; RangeError if it has no address with this number.
 */
export function nthAddress(prefix: string, index: number | bigint): string {
  const whole = readPrefix("prefix", prefix);
  const meaning = `the number of an address of ${formatPrefix(whole)}`;
  return formatOffset(whole, readIndex(index, countAddresses(whole), meaning));
}

/**
 * A random address of a prefix, from the system's cryptographic source; each is as likely as any other, the first and the last
 * one too. It is another one on each call: a program that gives it to a resource changes the resource with every run.
 *
 * @param prefix such as `2001:db8:100::/64`.
 * @throws TypeError if the prefix is not one.
 */
export function randomAddress(prefix: string): string {
  const whole = readPrefix("prefix", prefix);
  const bits = crypto
    .getRandomValues(new Uint32Array(4))
    .reduce((value, word) => (value << 32n) | BigInt(word), 0n);
  return formatOffset(whole, BigInt.asUintN(addressBits(whole.family) - whole.length, bits));
}

/**
 * Whether every address of the one is an address of the other. A prefix contains itself; nothing contains anything of the
 * other family, mapped addresses (`::ffff:192.0.2.1`) included.
 *
 * @param prefix such as `2001:db8:100::/64`.
 * @param inner a prefix or an address.
 * @throws TypeError if one of them is not what it should be.
 */
export function contains(prefix: string, inner: string): boolean {
  return holdsPrefix(readPrefix("prefix", prefix), readPrefixOrAddress("inner", inner));
}

/**
 * Whether the two have an address in common. Those of different families never have.
 *
 * @param a a prefix or an address.
 * @param b a prefix or an address.
 * @throws TypeError if one of them is neither.
 */
export function overlaps(a: string, b: string): boolean {
  return prefixesOverlap(readPrefixOrAddress("a", a), readPrefixOrAddress("b", b));
}

/**
 * The fewest prefixes that hold exactly the same addresses, in canonical text: IPv4 first, then by address. The order of what
 * is given, and what is given twice, make no difference. It takes n log n steps, however large the prefixes are.
 *
 * @param prefixes any number of prefixes and addresses of both families.
 * @throws TypeError if one of them is neither; the message has its number, from 0.
 */
export function summarize(prefixes: Iterable<string>): string[] {
  // A text can be iterated over, too, and nobody means its characters.
  if (typeof prefixes === "string" || typeof prefixes?.[Symbol.iterator] !== "function") {
    throw new TypeError(
      `prefixes must be a list such as ["192.0.2.0/24", "2001:db8::1"], not ${describe(prefixes)}`,
    );
  }
  return mergePrefixes(
    Array.from(prefixes, (text, index) => readPrefixOrAddress(`prefixes[${index}]`, text)),
  ).map(formatPrefix);
}

function readIndex(index: number | bigint, count: bigint, meaning: string): bigint {
  const value = readFigure("index", index, [-count, count - 1n], meaning);
  return value < 0n ? value + count : value;
}

function formatOffset(prefix: Prefix, offset: bigint): string {
  return formatAddress(firstAddress(subnetAt(prefix, addressBits(prefix.family), offset)));
}
