// The fewest prefixes for a set of addresses: against a search of the tree, and over whole families.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressBits } from "../../../net/address";
import { mergePrefixes } from "../../../net/merge-prefixes";
import { countAddresses, firstAddress, formatPrefix, lastAddress, type Prefix } from "../../../net/prefix";
import { anyPrefix } from "./arbitraries";
import { requirePrefix } from "./require-prefix";

const smallSpaces = ["192.0.2.192/27", "2001:db8::7fe0/123"].map(requirePrefix);

/** Prefixes inside of spaces so small that every address of them can be looked at. */
const anySmallPrefix = fc
  .record({ space: fc.constantFrom(...smallSpaces), depth: fc.integer({ min: 0, max: 5 }), at: fc.nat(31) })
  .map(({ space, depth, at }): Prefix => {
    const hostBits = 5 - depth;
    const offset = BigInt((at >> hostBits) << hostBits);
    return { family: space.family, network: space.network + offset, length: space.length + depth };
  });

/** The same by halving a space until each part is full or empty: slow, and plainly right. */
function searchTree(space: Prefix, holds: (address: bigint) => boolean): Prefix[] {
  const addresses = Array.from(
    { length: Number(countAddresses(space)) },
    (_, i) => space.network + BigInt(i),
  );
  if (addresses.every(holds)) return [space];
  if (!addresses.some(holds)) return [];
  const half = countAddresses(space) / 2n;
  const lower = { ...space, length: space.length + 1 };
  return [lower, { ...lower, network: space.network + half }].flatMap((part) => searchTree(part, holds));
}

describe("mergePrefixes", () => {
  it("is what a search of the tree finds", () => {
    fc.assert(
      fc.property(fc.array(anySmallPrefix, { maxLength: 24 }), (prefixes) => {
        const expected = smallSpaces.flatMap((space) =>
          searchTree(space, (address) =>
            prefixes.some(
              (prefix) =>
                prefix.family === space.family &&
                address >= firstAddress(prefix).value &&
                address <= lastAddress(prefix).value,
            ),
          ),
        );
        expect(mergePrefixes(prefixes)).toEqual(expected);
      }),
      { numRuns: 2000 },
    );
  });

  it("holds as many addresses as the union, in whatever order they come, and is its own summary", () => {
    fc.assert(
      fc.property(
        fc.array(anyRelated(), { maxLength: 12 }).map((lists) => lists.flat()),
        (prefixes) => {
          const merged = mergePrefixes(prefixes);
          expect(merged.reduce((sum, prefix) => sum + countAddresses(prefix), 0n)).toBe(countUnion(prefixes));
          expect(mergePrefixes([...prefixes].reverse())).toEqual(merged);
          expect(mergePrefixes(merged)).toEqual(merged);
          for (const prefix of prefixes) {
            expect(mergePrefixes([...merged, prefix])).toEqual(merged);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  it("merges 2^16 neighbours into the one that they are", () => {
    const parts = Array.from({ length: 2 ** 16 }, (_, index): Prefix => {
      const shuffled = BigInt((index * 40503) % 2 ** 16);
      return { family: "ipv6", network: (0x20010db8n << 96n) + (shuffled << 80n), length: 48 };
    });
    expect(mergePrefixes(parts).map(formatPrefix)).toEqual(["2001:db8::/32"]);
  });
});

/** A prefix, alone or with its other half: by chance two of them would hardly ever touch. */
function anyRelated(): fc.Arbitrary<Prefix[]> {
  return fc.tuple(anyPrefix, fc.boolean()).map(([prefix, both]) => {
    if (!both || prefix.length === 0) return [prefix];
    const bit = 1n << BigInt(addressBits(prefix.family) - prefix.length);
    return [prefix, { ...prefix, network: prefix.network ^ bit }];
  });
}

function countUnion(prefixes: readonly Prefix[]): bigint {
  let total = 0n;
  for (const family of ["ipv4", "ipv6"]) {
    let end = -1n;
    const ofFamily = prefixes.filter((prefix) => prefix.family === family);
    for (const prefix of ofFamily.sort((a, b) => (a.network < b.network ? -1 : 1))) {
      const [first, last] = [firstAddress(prefix).value, lastAddress(prefix).value];
      const from = first > end ? first : end + 1n;
      if (last >= from) total += last - from + 1n;
      if (last > end) end = last;
    }
  }
  return total;
}
