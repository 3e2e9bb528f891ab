// The DNS zone that holds the PTR records of a prefix.
import { addressBits } from "./address";
import type { Prefix } from "./prefix";

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
