// Functions that say how addresses and prefixes are named in the DNS, and write the lines of its zone files.
import { type Address, formatAddress } from "../net/address";
import { formatPrefix, type Prefix } from "../net/prefix";
import {
  classlessZone,
  isClassless,
  reverseName as nameInReverse,
  reverseZone as zoneInReverse,
} from "../net/reverse-zone";
import {
  formatAddressRecords,
  formatClasslessAliases,
  formatPointerRecords,
  type LineForm,
  type NamedAddresses,
} from "../net/zone-records";
import {
  describe,
  quote,
  readAddress,
  readDomain,
  readFigure,
  readHostName,
  readPrefix,
} from "./read-argument";

/**
 * The name under which an address has its PTR record (RFC 1035 §3.5, RFC 3596 §2.5), without a dot at its end:
 * `1.2.0.192.in-addr.arpa`. What a prefix has instead is its {@link reverseZone}.
 *
 * @param address such as `2001:db8:100::1`.
 * @throws TypeError if it is not an address.
 */
export function reverseName(address: string): string {
  return nameInReverse(readAddress("address", address));
}

/** How {@link reverseZone} names a zone. */
export interface ReverseZoneOptions {
  /**
   * For an IPv4 prefix of length 25 to 31: its own zone by RFC 2317 §4, `0/25.2.0.192.in-addr.arpa`, instead of the /24's that
   * holds it. Changes nothing for other prefixes. Default false.
   */
  classless?: boolean;
}

/**
 * The smallest zone that holds the PTR records of a prefix (RFC 1035 §3.5, RFC 3596 §2.5), without a dot at its end. A prefix
 * that ends between two labels, such as a /57 or an IPv4 /25, lies in the zone of the next shorter one: /56, /24. To get the
 * zones that make up an IPv4 /22, ask for those of `subnets(prefix, 24)`.
 *
 * @param prefix such as `2001:db8:100::/64`: `0.0.0.0.0.0.1.0.8.b.d.0.1.0.0.2.ip6.arpa`.
 * @throws TypeError if the prefix is not one.
 */
export function reverseZone(prefix: string, options: ReverseZoneOptions = {}): string {
  return zoneOf(readPrefix("prefix", prefix), options.classless === true);
}

/** What every line of a zone file is written by. */
export interface ZoneLineOptions {
  /** Seconds that an answer may be kept, 0–2147483647 (RFC 2181 §8). Default none: the zone's $TTL is. */
  ttl?: number;
  /**
   * Write owners that lie in the zone relative to it, so that the lines are for a file with that $ORIGIN: `shop` instead of
   * `shop.example.net.`, and `@` for the zone itself. Default false: complete, and right under any $ORIGIN.
   */
  relative?: boolean;
}

/** What {@link formatZoneRecords} writes, and how. */
export interface ZoneRecordsOptions extends ZoneLineOptions {
  /** What names without a dot at their end are relative to. Default none: they are complete. */
  origin?: string;
  /**
   * A prefix: write the PTR lines of its addresses, for {@link reverseZone} of it, instead of A and AAAA lines. Addresses that
   * it does not hold are left out.
   */
  reverse?: string;
  /** With `reverse`, for an IPv4 prefix of length 25 to 31: PTR lines for its own zone, as {@link ReverseZoneOptions.classless}. */
  classless?: boolean;
}

/**
 * Lines of a zone file for BIND and what reads the same format (RFC 1035 §5.1), without SOA, NS and directives. It writes A and
 * AAAA lines by name (RFC 4034 §6.1, which keeps a domain together) and then by address; or, with `reverse`, PTR lines
 * by address and then by name, but none for wildcards. The same names and addresses give the same text in any order. Each line
 * ends with a line feed; what has no addresses has no line. Which zone a name belongs to is not looked at: names of several
 * domains are for the caller to part.
 *
 * Names are those of hosts: letters, digits, inner hyphens, labels of 63 characters and 253 in all, the first label may be `*`;
 * case makes no difference. With an `origin` they are as in a zone file, relative unless a dot ends them, and `@` is the origin.
 * Without, they are complete, and a single label needs the dot. A name in another script has to be given in the ASCII form of
 * IDNA; the error says which that is.
 *
 * @param names the address or addresses of each name: `{ "shop.example": "2001:db8:100::1" }`.
 * @returns such as `shop.example. IN AAAA 2001:db8:100::1\n`.
 * @throws TypeError for what is not a name, an address, an origin or a prefix, for two texts that are one name, for
 * `classless` without `reverse`, and for `relative` without either it or `origin`; RangeError for a TTL that is not possible.
 */
export function formatZoneRecords(
  names: Readonly<Record<string, string | readonly string[]>>,
  options: ZoneRecordsOptions = {},
): string {
  const origin = options.origin === undefined ? undefined : readDomain("origin", options.origin);
  const hosts = readNames(names, origin);
  if (options.reverse === undefined) {
    if (options.classless) {
      throw new TypeError("classless needs reverse, the prefix whose PTR lines are wanted");
    }
    if (options.relative && origin === undefined) {
      throw new TypeError("relative needs origin or reverse, by which it is known what to");
    }
    return formatAddressRecords(hosts, readForm(options, origin));
  }
  const prefix = readPrefix("reverse", options.reverse);
  const isInOwnZone = options.classless === true && isClassless(prefix);
  return formatPointerRecords(hosts, prefix, isInOwnZone, readForm(options, zoneOf(prefix, isInOwnZone)));
}

/** What {@link formatClasslessDelegation} writes, and how; with `relative`, owners are so to the zone of the /24. */
export interface ClasslessDelegationOptions extends ZoneLineOptions {
  /** Complete names of the servers of the delegated zone, at least one. */
  nameServers: readonly string[];
}

/**
 * The lines by which the zone of an IPv4 /24 delegates a part of it (RFC 2317 §4): an NS line for each server of the part's own
 * zone, in the order given, and for each address of it, in order, a CNAME line to its name in that zone. The zone itself is
 * what {@link formatZoneRecords} writes with `reverse` and `classless`.
 *
 * @param prefix of length 25 to 31, such as `192.0.2.0/25`.
 * @throws TypeError if the prefix is not one, or a server's name, or without a server; RangeError if the length of the prefix
 * or the TTL is not possible.
 */
export function formatClasslessDelegation(prefix: string, options: ClasslessDelegationOptions): string {
  const part = readPrefix("prefix", prefix);
  if (!isClassless(part)) {
    throw new RangeError(
      `prefix ${formatPrefix(part)} needs no such delegation; it is for IPv4 prefixes of length 25 to 31`,
    );
  }
  const nameServers = Array.isArray(options?.nameServers) ? options.nameServers : [];
  if (nameServers.length === 0) {
    throw new TypeError('nameServers must be a list of one name at least, such as ["ns.shop.example"]');
  }
  const servers = nameServers.map((server, index) => readDomain(`nameServers[${index}]`, server));
  return formatClasslessAliases(part, servers, readForm(options, zoneInReverse(part)));
}

function zoneOf(prefix: Prefix, classless: boolean): string {
  return classless && isClassless(prefix) ? classlessZone(prefix) : zoneInReverse(prefix);
}

function readForm({ ttl, relative }: ZoneLineOptions, zone: string | undefined): LineForm {
  return {
    ttl: ttl === undefined ? undefined : Number(readFigure("ttl", ttl, [0n, 2n ** 31n - 1n], "seconds")),
    relativeTo: relative ? zone : undefined,
  };
}

function readNames(
  names: Readonly<Record<string, string | readonly string[]>>,
  origin: string | undefined,
): NamedAddresses[] {
  if (!isPlainObject(names)) {
    throw new TypeError(
      `names must be a plain object from names to addresses, not ${describe(names)}; ` +
        "a Map becomes one by Object.fromEntries, and that of an Output is known inside apply",
    );
  }
  const texts = new Map<string, string>();
  return Object.entries(names).map(([text, addresses]) => {
    const name = readHostName("name", text, origin);
    const other = texts.get(name);
    if (other !== undefined) {
      throw new TypeError(
        `name ${quote(text)} is the same as ${quote(other)}; give all its addresses under one of them`,
      );
    }
    texts.set(name, text);
    return { name, addresses: readAddresses(`address of ${quote(text)}`, addresses) };
  });
}

// A Map, an Output or a promise has no names as entries of its own, and could be taken for no names at all.
function isPlainObject(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Each address once, whatever ways it was written in. */
function readAddresses(argument: string, addresses: string | readonly string[]): Address[] {
  const listed = Array.isArray(addresses) ? addresses : [addresses];
  const read = listed.map((text) => readAddress(argument, text));
  return [...new Map(read.map((address) => [formatAddress(address), address])).values()];
}
