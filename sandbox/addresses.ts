// Which addresses a sandbox has. Each owns a /22 out of 198.18.0.0/15 (RFC 2544: benchmarks, never routed)
// and a random /64 of the unique local range (RFC 4193). Pure, but for the random part.

import { randomInt } from "node:crypto";

/** How many sandboxes fit side by side on one machine. */
export const SLICE_COUNT = 128;

/** How many hosts fit into one sandbox. */
export const MAX_HOSTS = 400;

const ROUTER_OFFSET = 1;
const PEER_OFFSET = 2;
const FIRST_HOST_OFFSET = 16;
const BLOCKS_PER_SLICE = 4;

/** The addresses of a sandbox, without those of its hosts. */
export interface SandboxAddresses {
  /** The on-link IPv4 subnet, a /22. */
  readonly network4: string;
  /** The upper half of it, a /23 that no host has an address in: bind parts of it to try on-link IPv4. */
  readonly spare4: string;
  /** The on-link IPv6 subnet, a /64. */
  readonly network6: string;
  /** The half of it that no host has an address in, a /65: bind parts of it to try on-link IPv6. */
  readonly spare6: string;
  /** The machine's own end, from which ssh comes. */
  readonly machine4: string;
  readonly machine6: string;
  /** The peer, which is also the hosts' default gateway and resolver. */
  readonly peer4: string;
  readonly peer6: string;
}

/** A random unique local /64, `fd…::/64`. No group is 0, so that addresses in it are in canonical form. */
export function makeNetwork6(): string {
  const groups = [randomInt(0xfd00, 0xfe00), ...Array.from({ length: 3 }, () => randomInt(1, 0x10000))];
  return `${groups.map((group) => group.toString(16)).join(":")}::/64`;
}

/** The interface in the machine's own namespace; its name is what reserves the slice. */
export function linkName(slice: number): string {
  return `anyip-sb${slice}`;
}

/** The addresses of slice `slice` with the given IPv6 subnet. */
export function sandboxAddresses(slice: number, network6: string): SandboxAddresses {
  const prefix6 = network6.replace("/64", "");
  return {
    network4: `${address4(slice, 0)}/22`,
    spare4: `${address4(slice, 512)}/23`,
    network6,
    spare6: `${prefix6.replace(/::$/, "")}:8000::/65`,
    machine4: address4(slice, ROUTER_OFFSET),
    machine6: `${prefix6}${ROUTER_OFFSET}`,
    peer4: address4(slice, PEER_OFFSET),
    peer6: `${prefix6}${PEER_OFFSET}`,
  };
}

/** The two addresses of the host with this number. */
export function hostAddresses(
  slice: number,
  network6: string,
  index: number,
): { address: string; address6: string } {
  const offset = FIRST_HOST_OFFSET + index;
  return {
    address: address4(slice, offset),
    address6: `${network6.replace("/64", "")}${offset.toString(16)}`,
  };
}

function address4(slice: number, offset: number): string {
  const block = slice * BLOCKS_PER_SLICE + (offset >> 8);
  return `198.${18 + (block >> 8)}.${block & 0xff}.${offset & 0xff}`;
}
