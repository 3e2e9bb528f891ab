// Which addresses are left out of which pools, counted without listing them.
import { describe, expect, it } from "vitest";
import { formatAddress, parseAddress } from "../../../../net/address";
import { PrefixTree } from "../../../../net/allocation/prefix-tree";
import { reservedRanges } from "../../../../net/allocation/reserved";
import { requirePrefix } from "../require-prefix";

function findReserved(pool: string, address: string): string | undefined {
  const parsed = parseAddress(address);
  if (!parsed) throw new Error(`${address} is no address`);
  return reservedRanges(requirePrefix(pool)).find(parsed.value)?.why;
}

const inEthernetBlock = 2n ** 24n;
const perSubnet = 1n + inEthernetBlock + 128n;

describe("reservedRanges", () => {
  it.each([
    ["2001:db8:1::/48", "2001:db8:1::", "RFC 4291 §2.6.1"],
    ["2001:db8:1::/48", "2001:db8:1:ffff::", "RFC 4291 §2.6.1"],
    ["2001:db8:1::/48", "2001:db8:1:7:200:5eff:fe00:0", "RFC 5453"],
    ["2001:db8:1::/48", "2001:db8:1:7:200:5eff:fe00:5213", "RFC 5453"],
    ["2001:db8:1::/48", "2001:db8:1:7:200:5eff:feff:ffff", "RFC 5453"],
    ["2001:db8:1::/64", "2001:db8:1:0:fdff:ffff:ffff:ff80", "RFC 2526"],
    ["2001:db8:1::/64", "2001:db8:1:0:fdff:ffff:ffff:ffff", "RFC 2526"],
    ["2001:db8:1::500/120", "2001:db8:1::500", "RFC 4291 §2.6.1"],
    ["2001:db8:1:0:fdff:ffff:ffff:ff00/120", "2001:db8:1:0:fdff:ffff:ffff:ff80", "RFC 2526"],
    ["2001:db8:1:0:200:5eff:fe01:0/112", "2001:db8:1:0:200:5eff:fe01:0", "RFC 4291 §2.6.1"],
    ["2001:db8:1:0:200:5eff:fe01:0/112", "2001:db8:1:0:200:5eff:fe01:1", "RFC 5453"],
    ["192.0.2.0/24", "192.0.2.0", "network's own"],
    ["192.0.2.0/24", "192.0.2.255", "broadcast"],
    ["192.0.2.4/30", "192.0.2.7", "broadcast"],
  ])("of %s leaves out %s (%s)", (pool, address, why) => {
    expect(findReserved(pool, address)).toContain(why);
  });

  it.each([
    ["2001:db8:1::/48", "2001:db8:1::1"],
    ["2001:db8:1::/48", "2001:db8:1:7:200:5eff:fdff:ffff"],
    ["2001:db8:1::/48", "2001:db8:1:7:200:5eff:ff00:0"],
    ["2001:db8:1::/48", "2001:db8:1:7:fdff:ffff:ffff:ff7f"],
    ["2001:db8:1::/48", "2001:db8:1:7:fe00::"],
    ["2001:db8:1::/48", "2001:db8:1:7:ffff:ffff:ffff:ffff"],
    ["2001:db8:1::500/120", "2001:db8:1::5ff"],
    ["2001:db8:1::500/127", "2001:db8:1::500"],
    ["2001:db8:1::500/128", "2001:db8:1::500"],
    ["192.0.2.4/31", "192.0.2.4"],
    ["192.0.2.4/31", "192.0.2.5"],
    ["192.0.2.4/32", "192.0.2.4"],
    ["192.0.2.0/24", "192.0.2.127"],
  ])("of %s hands out %s", (pool, address) => {
    expect(findReserved(pool, address)).toBeUndefined();
  });

  it.each([
    ["2001:db8:1::/48", 2n ** 80n - 2n ** 16n * perSubnet],
    ["2001:db8:1::/64", 2n ** 64n - perSubnet],
    ["2001:db8:1::/65", 2n ** 63n - 1n - inEthernetBlock],
    ["2001:db8:1::500/120", 255n],
    ["2001:db8:1:0:200:5eff:fe01:0/112", 0n],
    ["2001:db8:1:0:fdff:ffff:ffff:ff00/120", 127n],
    ["192.0.2.0/24", 254n],
    ["192.0.2.4/31", 2n],
  ])("leaves of %s exactly %s addresses", (pool, count) => {
    const prefix = requirePrefix(pool);
    const tree = new PrefixTree(prefix, reservedRanges(prefix));
    expect(tree.freeCount(pool.includes(":") ? 128 : 32)).toBe(count);
    expect(tree.free).toBe(tree.total);
  });

  it("is stepped over, upwards and by number, in subnets without end", () => {
    const pool = requirePrefix("2001:db8:1::/48");
    const tree = new PrefixTree(pool, reservedRanges(pool));
    const text = (value: bigint | undefined) => value && formatAddress({ family: "ipv6", value });
    const nextFrom = (address: string) => text(tree.nextFreeFrom(requirePrefix(`${address}/128`))?.network);
    expect(nextFrom("2001:db8:1::")).toBe("2001:db8:1::1");
    expect(nextFrom("2001:db8:1:7:200:5eff:fe00:9")).toBe("2001:db8:1:7:200:5eff:ff00:0");
    expect(nextFrom("2001:db8:1:ffff:fdff:ffff:ffff:ff80")).toBe("2001:db8:1:ffff:fe00::");
    const inSubnet = 2n ** 64n - perSubnet;
    expect(text(tree.nthFree(128, 5n * inSubnet)?.network)).toBe("2001:db8:1:5::1");
    expect(text(tree.nthFree(128, 6n * inSubnet - 1n)?.network)).toBe("2001:db8:1:5:ffff:ffff:ffff:ffff");
    tree.insert(requirePrefix("2001:db8:1:0::/49"), "exclude");
    expect(text(tree.firstFree(128)?.network)).toBe("2001:db8:1:8000::1");
  });

  it("does not matter to sub-prefixes", () => {
    const pool = requirePrefix("2001:db8:1::/60");
    expect(new PrefixTree(pool, reservedRanges(pool)).freeCount(64)).toBe(16n);
  });
});
