// Reverse DNS: the name of an address, and the zone that holds the PTR records of a prefix.
import { type Address, addressBits } from "./address";
import { hostPrefix, type Prefix } from "./prefix";

/**
 * The smallest zone under in-addr.arpa (RFC 1035 §3.5) or ip6.arpa (RFC 3596 §2.5) that holds every address
 * of the prefix. A prefix that ends between two labels, such as a /57 or an IPv4 /25, lies in the zone of the
 * next shorter /56 or /24.
 */
export function reverseZone(prefix: Prefix): string {
  const [bitsPerLabel, radix, suffix] =
    prefix.family === "ipv4" ? [8, 10, "in-addr.arpa"] : [4, 16, "ip6.arpa"];
  const labels: string[] = [];
  const bits = addressBits(prefix.family);
  for (let used = bitsPerLabel; used <= prefix.length; used += bitsPerLabel) {
    const label = BigInt.asUintN(bitsPerLabel, prefix.network >> BigInt(bits - used));
    labels.unshift(label.toString(radix));
  }
  return [...labels, suffix].join(".");
}

/** The name under which an address has its PTR record (RFC 1035 §3.5, RFC 3596 §2.5). */
export function reverseName(address: Address): string {
  return reverseZone(hostPrefix(address));
}

/** True for the prefixes that RFC 2317 is for: those of IPv4 that are smaller than a /24 and larger than an address. */
export function isClassless(prefix: Prefix): boolean {
  return prefix.family === "ipv4" && prefix.length > 24 && prefix.length < 32;
}

/** The zone of a prefix of its own by RFC 2317 §4, such as `0/25.2.0.192.in-addr.arpa`, where {@link isClassless}. */
export function classlessZone(prefix: Prefix): string {
  return `${lastOctet(prefix.network)}/${prefix.length}.${reverseZone(prefix)}`;
}

/** The name of an address's PTR record in a {@link classlessZone}, to which its own name is an alias. */
export function classlessName(address: Address, prefix: Prefix): string {
  return `${lastOctet(address.value)}.${classlessZone(prefix)}`;
}

function lastOctet(value: bigint): bigint {
  return value & 0xffn;
}
