// RFC 3531's order, from its own table and against a list of all blocks.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressBits } from "../../../../net/address";
import { PrefixTree } from "../../../../net/allocation/prefix-tree";
import { firstSparse } from "../../../../net/allocation/sparse";
import { formatPrefix, type Prefix } from "../../../../net/prefix";
import { requirePrefix } from "../require-prefix";
import { anyPoolCase, replay } from "./naive-pool";

function take(tree: PrefixTree, length: number): string | undefined {
  const block = firstSparse(tree, length);
  if (block) tree.insert(block, "test");
  return block && formatPrefix(block);
}

/** The bits of a block's number from the last to the first. */
function reversed({ network, length }: Prefix, pool: Prefix): string {
  const width = length - pool.length;
  const number = (network - pool.network) >> BigInt(addressBits(pool.family) - length);
  return width === 0 ? "" : number.toString(2).padStart(width, "0").split("").reverse().join("");
}

describe("firstSparse", () => {
  it("counts eight bits from the left, as the table of RFC 3531 §3.1 does", () => {
    const table = "00000000 10000000 01000000 11000000 00100000 10100000 01100000 11100000 00010000".split(
      " ",
    );
    const tree = new PrefixTree(requirePrefix("2001:db8::/56"));
    const expected = table.map((bits) => formatPrefix({ ...tree.pool, length: 64, network: place(bits) }));
    expect(table.map(() => take(tree, 64))).toEqual(expected);

    function place(bits: string): bigint {
      return tree.pool.network + (BigInt(`0b${bits}`) << 64n);
    }
  });

  it("gives a /60's four first hosts a quarter each to grow in", () => {
    const tree = new PrefixTree(requirePrefix("2001:db8:0:50::/60"));
    const first = Array.from({ length: 4 }, () => take(tree, 64));
    expect(first).toEqual([
      "2001:db8:0:50::/64",
      "2001:db8:0:58::/64",
      "2001:db8:0:54::/64",
      "2001:db8:0:5c::/64",
    ]);
    const rest = Array.from({ length: 12 }, () => take(tree, 64));
    expect(new Set([...first, ...rest]).size).toBe(16);
    expect(take(tree, 64)).toBeUndefined();
  });

  it("is the first free one of a list in that order, for each length", () => {
    fc.assert(
      fc.property(anyPoolCase, (poolCase) => {
        const { tree, naive } = replay({ ...poolCase, reservedOffsets: [] });
        const { family, length: poolLength } = poolCase.pool;
        for (let length = poolLength; length <= addressBits(family); length++) {
          const inOrder = naive
            .freeBlocks(length)
            .toSorted((a, b) => (reversed(a, poolCase.pool) < reversed(b, poolCase.pool) ? -1 : 1));
          expect(firstSparse(tree, length)).toEqual(inOrder[0]);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("finds the last sliver of a pool whose size nobody could list", () => {
    const tree = new PrefixTree(requirePrefix("2001:db8::/32"));
    // All but 2001:db8:ffff:ffff::/64.
    for (let length = 33; length <= 64; length++) {
      const network = requirePrefix("2001:db8:ffff:ffff::/64").network;
      const tail = BigInt(128 - length);
      tree.insert({ family: "ipv6", network: ((network >> tail) ^ 1n) << tail, length }, "others");
    }
    expect(tree.freeCount(64)).toBe(1n);
    expect(take(tree, 64)).toBe("2001:db8:ffff:ffff::/64");
    expect(take(tree, 64)).toBeUndefined();
  });
});
