// Which prefixes can never sensibly be bound to a host, whatever the host is.
import { formatPrefix, overlaps, type Prefix, parsePrefix } from "./prefix";

const forbidden: ReadonlyArray<readonly [cidr: string, why: string]> = [
  ["0.0.0.0/32", "the unspecified address (RFC 1122 §3.2.1.3)"],
  ["127.0.0.0/8", "loopback, which the host already answers for itself (RFC 1122 §3.2.1.3)"],
  ["169.254.0.0/16", "link-local addresses, which belong to a link and not to a host (RFC 3927)"],
  ["224.0.0.0/4", "multicast (RFC 5771)"],
  ["255.255.255.255/32", "the limited broadcast address (RFC 919)"],
  ["::/128", "the unspecified address (RFC 4291 §2.5.2)"],
  ["::1/128", "loopback, which the host already answers for itself (RFC 4291 §2.5.3)"],
  ["::ffff:0:0/96", "IPv4-mapped addresses, which never appear on a wire (RFC 4291 §2.5.5.2)"],
  ["fe80::/10", "link-local addresses, which belong to a link and not to a host (RFC 4291 §2.5.6)"],
  ["ff00::/8", "multicast (RFC 4291 §2.7)"],
];

const forbiddenPrefixes = forbidden.map(([cidr, why]) => {
  const prefix = parsePrefix(cidr);
  if ("problem" in prefix) throw new Error(`${cidr} ${prefix.problem}`);
  return { prefix, why };
});

/** True for 0.0.0.0/0 and ::/0. */
export function isWholeFamily(prefix: Prefix): boolean {
  return prefix.length === 0;
}

/**
 * Why the prefix must not become a local route on any host, in words that continue "the prefix …";
 * undefined when it may.
 */
export function explainUnbindable(prefix: Prefix): string | undefined {
  if (isWholeFamily(prefix)) {
    return "is every address of its family; the host would take all traffic for itself and be cut off";
  }
  const hit = forbiddenPrefixes.find((entry) => overlaps(entry.prefix, prefix));
  if (!hit) return undefined;
  const relation = hit.prefix.length < prefix.length ? "lies in" : "covers";
  return `${relation} ${formatPrefix(hit.prefix)}, ${hit.why}; give a prefix that is routed to the host`;
}
