// What listings of routes have in common, whichever `ip` printed them: a route a line, in words of which some name an
// attribute. Pure.
import { type Family, formatAddress, parseAddress } from "../../net/address";
import type { ObservedTable } from "./host";
import { defaultMetric, type ObservedRoute } from "./route";

/**
 * A table out of its lines. Lines without a destination hold no routes and are passed over. Routes are parsed when they
 * are looked up: a table may hold a hundred thousand.
 */
export function indexRoutes(
  lines: readonly string[],
  readDestination: (line: string) => string | undefined,
  parseRoute: (line: string, prefix: string) => ObservedRoute,
): ObservedTable {
  const linesByDestination = new Map<string, string[]>();
  for (const line of lines) {
    const destination = readDestination(line);
    if (destination === undefined) continue;
    const found = linesByDestination.get(destination);
    if (found) found.push(line);
    else linesByDestination.set(destination, [line]);
  }
  return {
    find: (prefix) => (linesByDestination.get(prefix) ?? []).map((line) => parseRoute(line, prefix)),
    prefixes: () => linesByDestination.keys(),
  };
}

/** A destination as `ip` prints it, `default` or an address with or without a length, as canonical CIDR text. */
export function canonicalDestination(address: string, length: string | undefined, family: Family): string {
  if (address === "default") return family === "ipv4" ? "0.0.0.0/0" : "::/0";
  // libc writes some IPv6 addresses with a dotted tail; RFC 5952 text, which we look up by, has none.
  const isMixed = family === "ipv6" && address.includes(".");
  return (
    (isMixed ? canonicalAddress(address) : address.toLowerCase()) +
    (length ?? (family === "ipv4" ? "/32" : "/128"))
  );
}

export function canonicalAddress(text: string): string {
  const address = parseAddress(text);
  return address ? formatAddress(address) : text;
}

/** What a route's words say beside its type and destination, which are the first two. */
export interface RouteWords {
  readonly device?: string;
  readonly source?: string;
  readonly metric: number;
  /** The word behind `proto`. */
  readonly protocol?: number;
}

export function readRouteWords(text: string, family: Family): RouteWords {
  const words = text.trim().split(/\s+/);
  const device = readWord(words, "dev");
  // A device may be called like a keyword.
  if (device !== undefined) words.splice(words.indexOf("dev", 2), 2);
  const source = readWord(words, "src");
  const protocol = readNumber(words, "proto");
  const metric = readNumber(words, "metric");
  return {
    ...(device === undefined ? {} : { device }),
    ...(source === undefined ? {} : { source: canonicalAddress(source) }),
    // busybox prints the upper half of them as negative.
    metric: metric === undefined ? (family === "ipv4" ? 0 : defaultMetric("ipv6")) : metric >>> 0,
    ...(protocol === undefined ? {} : { protocol }),
  };
}

function readWord(words: readonly string[], keyword: string): string | undefined {
  const at = words.indexOf(keyword, 2);
  return at < 0 ? undefined : words[at + 1];
}

function readNumber(words: readonly string[], keyword: string): number | undefined {
  const word = readWord(words, keyword);
  return word !== undefined && /^-?[0-9]+$/.test(word) ? Number(word) : undefined;
}
