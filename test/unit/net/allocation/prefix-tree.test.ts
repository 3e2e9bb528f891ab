// The tree against a list of addresses: who has what, what is free, and how much of it there is.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressBits } from "../../../../net/address";
import { PrefixTree } from "../../../../net/allocation/prefix-tree";
import { formatPrefix, type Prefix } from "../../../../net/prefix";
import { requirePrefix } from "../require-prefix";
import { anyBlockOf, anyPoolCase, isSame, replay } from "./naive-pool";

const runs = { numRuns: 1000 };
const texts = (prefixes: readonly (Prefix | undefined)[]) =>
  prefixes.map((prefix) => prefix && formatPrefix(prefix));
const lengthsOf = ({ family, length }: Prefix) =>
  Array.from({ length: addressBits(family) - length + 1 }, (_, index) => length + index);

describe("PrefixTree equals a list of addresses", () => {
  it("counts what is free of each length, and finds each of them by its number", () => {
    fc.assert(
      fc.property(anyPoolCase, (poolCase) => {
        const { tree, naive } = replay(poolCase);
        for (const length of lengthsOf(poolCase.pool)) {
          const free = naive.freeBlocks(length);
          expect(tree.freeCount(length)).toBe(BigInt(free.length));
          expect(texts(free.map((_, k) => tree.nthFree(length, BigInt(k))))).toEqual(texts(free));
          expect(tree.nthFree(length, BigInt(free.length))).toBeUndefined();
          expect(tree.firstFree(length)).toEqual(free[0]);
        }
      }),
      runs,
    );
  });

  it("finds the next free block from each block on", () => {
    fc.assert(
      fc.property(anyPoolCase, (poolCase) => {
        const { tree, naive } = replay(poolCase);
        for (const length of lengthsOf(poolCase.pool)) {
          const free = naive.freeBlocks(length);
          const blocks = naive.blocks(length);
          const next = blocks.map((block) => free.find(({ network }) => network >= block.network));
          expect(texts(blocks.map((block) => tree.nextFreeFrom(block)))).toEqual(texts(next));
        }
      }),
      runs,
    );
  });

  it("knows used, free, reserved and the largest free block", () => {
    fc.assert(
      fc.property(anyPoolCase, (poolCase) => {
        const { tree, naive } = replay(poolCase);
        const free = naive.freeAddresses();
        expect(tree.free).toBe(free);
        expect(tree.used).toBe(tree.total - free);
        const handedOut = naive.freeBlocks(addressBits(poolCase.pool.family)).length;
        expect(tree.reservedFree).toBe(free - BigInt(handedOut));
        const largest = lengthsOf(poolCase.pool).flatMap((length) =>
          naive.blocks(length).filter((block) => !naive.isTaken(block)),
        );
        expect(tree.largestFreePrefix).toEqual(largest[0]);
      }),
      runs,
    );
  });

  it("says who is in a block's way, and whether it is free", () => {
    const anyCase = anyPoolCase.chain((poolCase) =>
      fc.tuple(fc.constant(poolCase), anyBlockOf(poolCase.pool)),
    );
    fc.assert(
      fc.property(anyCase, ([poolCase, block]) => {
        const { tree, naive } = replay(poolCase);
        const inPool =
          block.length >= poolCase.pool.length && naive.blocks(block.length).some((b) => isSame(b, block));
        if (inPool) {
          const holders = naive.holders(block);
          if (holders.length === 0) expect(tree.holderOf(block)).toBeUndefined();
          else expect(holders).toContainEqual(expect.objectContaining(tree.holderOf(block)));
        }
        const isFree = inPool && naive.freeBlocks(block.length).some((free) => isSame(free, block));
        expect(tree.isFree(block)).toBe(isFree);
      }),
      runs,
    );
  });

  it("is empty again when all is given back", () => {
    fc.assert(
      fc.property(anyPoolCase, ({ changes, ...poolCase }) => {
        const inserts = changes.filter(({ kind }) => kind === "insert");
        const undone = inserts.map((change) => ({ ...change, kind: "remove" as const }));
        const { tree } = replay({ ...poolCase, changes: [...inserts, ...undone] });
        expect(tree.whole.node).toBeUndefined();
        expect(tree.used).toBe(0n);
      }),
      runs,
    );
  });
});

describe("PrefixTree, whatever a pool's size", () => {
  it("counts in the whole of IPv6", () => {
    const tree = new PrefixTree(requirePrefix("::/0"));
    tree.insert(requirePrefix("2001:db8::/32"), "documentation");
    tree.insert(requirePrefix("::1/128"), "loopback");
    expect(tree.total).toBe(2n ** 128n);
    expect(tree.used).toBe(2n ** 96n + 1n);
    expect(tree.free).toBe(2n ** 128n - 2n ** 96n - 1n);
    expect(tree.freeCount(64)).toBe(2n ** 64n - 2n ** 32n - 1n);
    expect(texts([tree.firstFree(128), tree.firstFree(64), tree.largestFreePrefix])).toEqual([
      "::/128",
      "0:0:0:1::/64",
      "8000::/1",
    ]);
    expect(texts([tree.nextFreeFrom(requirePrefix("2001:db8::/64"))])).toEqual(["2001:db9::/64"]);
  });

  it("tells who has a block that reaches beyond the pool, and takes it out again", () => {
    const tree = new PrefixTree(requirePrefix("2001:db8:100::/64"));
    tree.insert(requirePrefix("2001:db8:100::/48"), "exclude");
    tree.insert(requirePrefix("2001:db8:200::/64"), "elsewhere");
    const held = tree.holderOf(requirePrefix("2001:db8:100::5/128"));
    expect(held).toEqual({ prefix: requirePrefix("2001:db8:100::/48"), by: "exclude" });
    tree.remove(requirePrefix("2001:db8:100::/64"), "exclude");
    expect(tree.free).toBe(0n);
    tree.remove(requirePrefix("2001:db8:100::/48"), "exclude");
    expect(tree.free).toBe(2n ** 64n);
  });

  it("lets an exclusion over an address that is taken come and go", () => {
    const tree = new PrefixTree(requirePrefix("192.0.2.0/24"));
    const address = requirePrefix("192.0.2.9/32");
    const exclusion = requirePrefix("192.0.2.8/29");
    tree.insert(address, "shop");
    tree.insert(exclusion, "exclude");
    expect([tree.used, tree.holderOf(address)?.by]).toEqual([8n, "exclude"]);
    tree.remove(address, "shop");
    expect(tree.used).toBe(8n);
    tree.insert(address, "shop");
    tree.remove(exclusion, "exclude");
    expect([tree.used, tree.holderOf(exclusion)?.by]).toEqual([1n, "shop"]);
  });
});
