// What may be asked of a pool, and what the refusals say.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Address, addressBits, formatAddress } from "../../../../net/address";
import { PrefixTree } from "../../../../net/allocation/prefix-tree";
import {
  explainKey,
  explainLength,
  explainRequest,
  formatBlock,
  parseBlock,
  parseExclusion,
} from "../../../../net/allocation/request";
import { reservedRanges } from "../../../../net/allocation/reserved";
import { countAddresses, formatPrefix, isPrefixProblem, lastAddress } from "../../../../net/prefix";
import { anyAddress } from "../arbitraries";
import { requirePrefix } from "../require-prefix";

describe("explainKey", () => {
  it.each(["shop.example", "Shop", "bücher.example", "買い物", "a b", "x".repeat(255), "🐧"])(
    "takes %j",
    (key) => {
      expect(explainKey(key)).toBeUndefined();
    },
  );

  it.each([
    ["", "is empty"],
    ["shop\n", "contains control characters"],
    ["shop\u0000", "contains control characters"],
    ["bu\u0308cher", "is not in Unicode's normal form C"],
    ["\ud83d", "is not well-formed Unicode"],
    ["x".repeat(256), "has 256 bytes in UTF-8; 255 are possible"],
    ["ü".repeat(128), "has 256 bytes in UTF-8; 255 are possible"],
  ])("refuses %j", (key, reason) => {
    expect(explainKey(key)).toContain(reason);
  });
});

describe("explainLength", () => {
  const pool = requirePrefix("2001:db8:0:50::/60");

  it.each([60, 64, 128])("takes /%i", (length) => {
    expect(explainLength(pool, length)).toBeUndefined();
  });

  it.each([59, 129, 64.5, Number.NaN, -1])("refuses /%d", (length) => {
    expect(explainLength(pool, length)).toBe(`is ${length}; blocks of 2001:db8:0:50::/60 have 60 to 128`);
  });
});

describe("explainRequest", () => {
  const pool = requirePrefix("2001:db8:100::/64");
  const taken = new PrefixTree(pool, reservedRanges(pool));
  taken.insert(requirePrefix("2001:db8:100::1/128"), "shop has it");
  taken.insert(requirePrefix("2001:db8:100::8000/113"), "exclude leaves it out");

  it.each([
    ["2001:db8:100::2/128", 128],
    ["2001:db8:100::1:0/112", 112],
  ])("lets %s be had", (request, length) => {
    expect(explainRequest(requirePrefix(request), length, taken)).toBeUndefined();
  });

  it.each([
    ["2001:db8:101::1/128", 128, "2001:db8:101::1 is not in the pool 2001:db8:100::/64"],
    ["192.0.2.1/32", 128, "192.0.2.1 is not in the pool 2001:db8:100::/64"],
    ["2001:db8:100::/56", 56, "2001:db8:100::/56 is larger than the pool 2001:db8:100::/64"],
    ["2001:db8:100::/112", 128, "2001:db8:100::/112 has length 112 where 128 is asked for"],
    ["2001:db8:100::1/128", 128, "2001:db8:100::1 is taken: shop has it"],
    ["2001:db8:100::/120", 120, "2001:db8:100::/120 overlaps 2001:db8:100::1: shop has it"],
    [
      "2001:db8:100::8001/128",
      128,
      "2001:db8:100::8001 overlaps 2001:db8:100::8000/113: exclude leaves it out",
    ],
    ["2001:db8:100::/128", 128, "2001:db8:100:: is the Subnet-Router anycast address (RFC 4291 §2.6.1)"],
  ])("refuses %s", (request, length, reason) => {
    expect(explainRequest(requirePrefix(request), length, taken)).toBe(reason);
  });
});

describe("parseBlock and formatBlock", () => {
  it.each([
    ["2001:DB8::5", "2001:db8::5"],
    ["2001:db8::5/128", "2001:db8::5"],
    ["192.0.2.7", "192.0.2.7"],
    ["2001:db8::/64", "2001:db8::/64"],
    ["192.0.2.0/24", "192.0.2.0/24"],
  ])("%s is %s", (text, canonical) => {
    const block = parseBlock(text);
    if (isPrefixProblem(block)) throw new Error(block.problem);
    expect(formatBlock(block)).toBe(canonical);
  });

  it.each([
    ["2001:db8::5/64", "has host bits set"],
    ["shop", "is not ADDRESS/LENGTH"],
  ])("refuses %s", (text, reason) => {
    expect(parseBlock(text)).toEqual({ problem: expect.stringContaining(reason) });
  });
});

describe("parseExclusion", () => {
  it.each([
    ["192.0.2.7", ["192.0.2.7/32"]],
    ["192.0.2.0/28", ["192.0.2.0/28"]],
    ["192.0.2.1-192.0.2.9", ["192.0.2.1/32", "192.0.2.2/31", "192.0.2.4/30", "192.0.2.8/31"]],
    ["192.0.2.4 - 192.0.2.7", ["192.0.2.4/30"]],
    ["0.0.0.0-255.255.255.255", ["0.0.0.0/0"]],
    ["2001:db8::-2001:db8::ffff:ffff:ffff:ffff", ["2001:db8::/64"]],
    ["::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", ["::/0"]],
  ])("reads %s", (text, blocks) => {
    const exclusion = parseExclusion(text);
    if ("problem" in exclusion) throw new Error(exclusion.problem);
    expect(exclusion.map(formatPrefix)).toEqual(blocks);
  });

  it.each([
    ["192.0.2.9-192.0.2.1", "ends before it begins; write 192.0.2.1-192.0.2.9"],
    ["192.0.2.1-2001:db8::1", "begins in one family and ends in the other"],
    ["192.0.2.1-9", "is not FIRST-LAST"],
    ["192.0.2.1/24", "has host bits set"],
    ["shop", "is not ADDRESS/LENGTH"],
  ])("refuses %s", (text, reason) => {
    expect(parseExclusion(text)).toEqual({ problem: expect.stringContaining(reason) });
  });

  it("covers a range exactly, without a gap or an overlap, in at most two blocks a bit", () => {
    const anyRange = anyAddress.chain((first) =>
      fc
        .tuple(
          fc.integer({ min: 0, max: addressBits(first.family) }),
          fc.bigInt({ min: 0n, max: 1n << 128n }),
        )
        .map(([bits, number]) => {
          const top = (1n << BigInt(addressBits(first.family))) - 1n;
          const value = first.value + BigInt.asUintN(bits, number);
          return [first, { family: first.family, value: value > top ? top : value }] as [Address, Address];
        }),
    );
    fc.assert(
      fc.property(anyRange, ([first, last]) => {
        const blocks = parseExclusion(`${formatAddress(first)}-${formatAddress(last)}`);
        if ("problem" in blocks) throw new Error(blocks.problem);
        let next = first.value;
        for (const block of blocks) {
          expect(block.network).toBe(next);
          next = lastAddress(block).value + 1n;
        }
        expect(next).toBe(last.value + 1n);
        expect(blocks.reduce((sum, block) => sum + countAddresses(block), 0n)).toBe(
          last.value - first.value + 1n,
        );
        expect(blocks.length).toBeLessThanOrEqual(2 * addressBits(first.family));
      }),
      { numRuns: 1000 },
    );
  });
});
