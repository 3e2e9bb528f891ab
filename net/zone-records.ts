// Lines of zone files (RFC 1035 §5.1) from names and addresses that have been read: text out of values, nothing else.
import { type Address, formatAddress } from "./address";
import { compareNames, isWildcard } from "./host-name";
import { holdsAddress, type Prefix } from "./prefix";
import { classlessName, classlessZone, reverseName } from "./reverse-zone";
import { countSubnets, subnetAt } from "./subnets";

/** A host's complete name, as parseHostName returns it, and its addresses, each once. */
export interface NamedAddresses {
  readonly name: string;
  readonly addresses: readonly Address[];
}

/** How lines are written. */
export interface LineForm {
  /** Seconds; undefined leaves it to the zone's $TTL. */
  readonly ttl: number | undefined;
  /** The zone that owners are written relative to; undefined writes them complete. */
  readonly relativeTo: string | undefined;
}

/** A and AAAA lines, by name, then by address with IPv4 first. */
export function formatAddressRecords(hosts: readonly NamedAddresses[], form: LineForm): string {
  return [...hosts]
    .sort((a, b) => compareNames(a.name, b.name))
    .flatMap(({ name, addresses }) =>
      [...addresses]
        .sort(compareAddresses)
        .map((address) =>
          formatLine(name, address.family === "ipv4" ? "A" : "AAAA", formatAddress(address), form),
        ),
    )
    .join("");
}

/**
 * PTR lines of the addresses that the prefix holds, by address, then by name. A wildcard has none: it is nobody's name.
 *
 * @param isInOwnZone for names in the prefix's zone by RFC 2317, where it has one.
 */
export function formatPointerRecords(
  hosts: readonly NamedAddresses[],
  prefix: Prefix,
  isInOwnZone: boolean,
  form: LineForm,
): string {
  return hosts
    .filter(({ name }) => !isWildcard(name))
    .flatMap(({ name, addresses }) => addresses.map((address) => ({ name, address })))
    .filter(({ address }) => holdsAddress(prefix, address))
    .sort((a, b) => compareAddresses(a.address, b.address) || compareNames(a.name, b.name))
    .map(({ name, address }) => {
      const owner = isInOwnZone ? classlessName(address, prefix) : reverseName(address);
      return formatLine(owner, "PTR", `${name}.`, form);
    })
    .join("");
}

/** What the zone above a {@link classlessZone} needs: its name servers, and an alias for each address (RFC 2317 §4). */
export function formatClasslessAliases(
  prefix: Prefix,
  nameServers: readonly string[],
  form: LineForm,
): string {
  const servers = nameServers.map((server) => formatLine(classlessZone(prefix), "NS", `${server}.`, form));
  const aliases = Array.from({ length: Number(countSubnets(prefix, 32)) }, (_, index) => {
    const address: Address = { family: "ipv4", value: subnetAt(prefix, 32, BigInt(index)).network };
    return formatLine(reverseName(address), "CNAME", `${classlessName(address, prefix)}.`, form);
  });
  return [...servers, ...aliases].join("");
}

function formatLine(owner: string, type: string, data: string, { ttl, relativeTo }: LineForm): string {
  return `${[formatOwner(owner, relativeTo), ...(ttl === undefined ? [] : [ttl]), "IN", type, data].join(" ")}\n`;
}

function formatOwner(name: string, relativeTo: string | undefined): string {
  if (relativeTo === undefined) return `${name}.`;
  if (name === relativeTo) return "@";
  return name.endsWith(`.${relativeTo}`) ? name.slice(0, -relativeTo.length - 1) : `${name}.`;
}

function compareAddresses(a: Address, b: Address): number {
  if (a.family !== b.family) return a.family === "ipv4" ? -1 : 1;
  return a.value === b.value ? 0 : a.value < b.value ? -1 : 1;
}
