// Addresses that a subnet has given a meaning to, and that are left out when single addresses are handed out.
import { addressBits } from "../address";
import { countAddresses, type Prefix } from "../prefix";

/** A run of reserved addresses, as offsets from the first address of the subnet. */
export interface ReservedRange {
  readonly first: bigint;
  readonly last: bigint;
  /** What they are and which RFC says so. */
  readonly why: string;
}

const subnetRouter = "the Subnet-Router anycast address (RFC 4291 §2.6.1)";

// https://www.iana.org/assignments/ipv6-interface-ids: all of the registry.
const interfaceIdentifiers: readonly ReservedRange[] = [
  { first: 0n, last: 0n, why: subnetRouter },
  {
    first: 0x0200_5eff_fe00_0000n,
    last: 0x0200_5eff_feff_ffffn,
    why: "an interface identifier of IANA's Ethernet block (RFC 5453, RFC 4291, RFC 6543)",
  },
  {
    first: 0xfdff_ffff_ffff_ff80n,
    last: 0xfdff_ffff_ffff_ffffn,
    why: "a reserved subnet anycast address (RFC 2526)",
  },
];

/**
 * What is reserved in a pool when single addresses are handed out:
 *
 * - IPv6, /64 or shorter: in each of its /64s the Subnet-Router anycast address `::`, IANA's Ethernet block
 *   `::200:5eff:fe00:0`–`::200:5eff:feff:ffff` and the subnet anycast addresses `::fdff:ffff:ffff:ff80`–`::fdff:ffff:ffff:ffff`.
 * - IPv6, /65 to /126: its lowest address, and those of the above that lie in it. The highest 128 addresses, which RFC 2526
 *   reserves in subnets without 64-bit identifiers, are not left out: of a /121 nothing would remain.
 * - IPv4, /30 or shorter: its first and last address (RFC 1122 §3.2.1.3).
 * - IPv4 /31 and /32, IPv6 /127 and /128: nothing (RFC 3021, RFC 6164).
 *
 * A block shorter than an address is a subnet of its own, and nothing is reserved against it.
 */
export function reservedRanges(pool: Prefix): ReservedAddresses {
  const last = countAddresses(pool) - 1n;
  if (last <= 1n) return nothingReserved(pool);
  if (pool.family === "ipv4") {
    return new ReservedAddresses(pool, pool.length, [
      { first: 0n, last: 0n, why: "the network's own address (RFC 1122 §3.2.1.3)" },
      { first: last, last, why: "the broadcast address (RFC 1122 §3.2.1.3)" },
    ]);
  }
  if (pool.length <= 64) return new ReservedAddresses(pool, 64, interfaceIdentifiers);
  const start = BigInt.asUintN(64, pool.network);
  const inside = interfaceIdentifiers
    .filter((range) => range.last > start && range.first <= start + last)
    .map(({ first, last: end, why }) => ({
      first: first > start ? first - start : 1n,
      last: end < start + last ? end - start : last,
      why,
    }));
  return new ReservedAddresses(pool, pool.length, [{ first: 0n, last: 0n, why: subnetRouter }, ...inside]);
}

/** For those who hand out all of the pool's addresses, as AnyIP allows. */
export function nothingReserved(pool: Prefix): ReservedAddresses {
  return new ReservedAddresses(pool, pool.length, []);
}

/** Ranges that repeat in every subnet of one length. What it says of a block never depends on how many subnets there are. */
export class ReservedAddresses {
  readonly #bits: number;
  readonly #subnetBits: bigint;
  readonly #perSubnet: bigint;

  /**
   * @param subnetLength of the subnets that the ranges repeat in; at least the pool's.
   * @param ranges in ascending order, and apart.
   */
  constructor(
    pool: Prefix,
    private readonly subnetLength: number,
    private readonly ranges: readonly ReservedRange[],
  ) {
    this.#bits = addressBits(pool.family);
    this.#subnetBits = BigInt(this.#bits - subnetLength);
    this.#perSubnet = ranges.reduce((sum, { first, last }) => sum + last - first + 1n, 0n);
  }

  get isEmpty(): boolean {
    return this.ranges.length === 0;
  }

  /** The range that holds the address. */
  find(address: bigint): ReservedRange | undefined {
    const offset = this.#offset(address);
    return this.ranges.find(({ first, last }) => first <= offset && offset <= last);
  }

  /** How many addresses of the block are reserved. */
  countIn(network: bigint, length: number): bigint {
    if (length <= this.subnetLength) return this.#perSubnet << BigInt(this.subnetLength - length);
    const start = this.#offset(network);
    const end = start + (1n << BigInt(this.#bits - length)) - 1n;
    let count = 0n;
    for (const { first, last } of this.ranges) {
      if (first > end) break;
      if (last < start) continue;
      count += last - first + 1n;
      if (first < start) count -= start - first;
      if (last > end) count -= last - end;
    }
    return count;
  }

  /** The k-th address (from 0) of the block that is not reserved; there must be that many. */
  nthUnreserved(network: bigint, length: number, k: bigint): bigint {
    let base = network;
    let rest = k;
    if (length < this.subnetLength) {
      const unreserved = (1n << this.#subnetBits) - this.#perSubnet;
      base += (k / unreserved) << this.#subnetBits;
      rest = k % unreserved;
    }
    const start = this.#offset(base);
    let offset = start + rest;
    for (const { first, last } of this.ranges) {
      if (last < start) continue;
      if (first > offset) break;
      offset += last - first + 1n;
      if (first < start) offset -= start - first;
    }
    return base - start + offset;
  }

  /** The first address from this one upwards that is not reserved; it may lie behind the pool. */
  skip(address: bigint): bigint {
    let candidate = address;
    for (let range = this.find(candidate); range; range = this.find(candidate)) {
      candidate += range.last - this.#offset(candidate) + 1n;
    }
    return candidate;
  }

  #offset(address: bigint): bigint {
    return BigInt.asUintN(this.#bits - this.subnetLength, address);
  }
}
