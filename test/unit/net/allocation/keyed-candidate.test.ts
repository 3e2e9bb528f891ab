// The bytes of a key's place: vectors that never change, and the documented construction done again.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressBits } from "../../../../net/address";
import { keyedCandidate } from "../../../../net/allocation/keyed-candidate";
import { formatPrefix, holdsPrefix } from "../../../../net/prefix";
import { anyPrefix } from "../arbitraries";
import { requirePrefix } from "../require-prefix";
import { documentedCandidate } from "./documented-candidate";

describe("keyedCandidate", () => {
  // Recorded on 2026-11-25 from Python's hashlib, hmac, struct and ipaddress, after the docstring. They never change.
  it.each([
    ["2001:db8:100::/64", 128, "shop.example", 0, undefined, "2001:db8:100:0:7821:df72:f85d:c209/128"],
    ["2001:db8:100::/64", 128, "shop.example", 1, undefined, "2001:db8:100:0:d8ec:b17a:176c:a661/128"],
    ["2001:db8:100::/64", 128, "shop.example", 0, "between us", "2001:db8:100:0:8034:697d:9e0c:87cb/128"],
    ["2001:db8:100::/64", 128, "bücher.example", 0, undefined, "2001:db8:100:0:df38:18b:39bf:1982/128"],
    ["2001:db8::/48", 64, "shop.example", 0, undefined, "2001:db8:0:42db::/64"],
    ["2001:db8:0:50::/60", 64, "web1", 0, undefined, "2001:db8:0:5f::/64"],
    ["::/0", 128, "shop.example", 0, undefined, "cb7a:5767:eb00:a4f6:69ec:d7db:625c:97f/128"],
    ["2001:db8::7/128", 128, "shop.example", 0, undefined, "2001:db8::7/128"],
    ["192.0.2.0/24", 32, "shop.example", 0, undefined, "192.0.2.19/32"],
    ["192.0.2.0/24", 32, "shop.example", 15, "", "192.0.2.229/32"],
    ["192.0.2.0/24", 28, "shop.example", 0, "schlüssel", "192.0.2.192/28"],
  ])("%s /%i %s, counter %i, secret %s", (pool, length, key, counter, secret, expected) => {
    const input = { pool: requirePrefix(pool), length, key, counter, secret };
    expect(formatPrefix(keyedCandidate(input))).toBe(expected);
  });

  it("is what its docstring says, byte for byte, and lies in the pool", () => {
    const anyInput = anyPrefix.chain((pool) =>
      fc.record({
        pool: fc.constant(pool),
        length: fc.integer({ min: pool.length, max: addressBits(pool.family) }),
        key: fc.string({ unit: "grapheme" }),
        counter: fc.integer({ min: 0, max: 0xffffffff }),
        secret: fc.option(fc.string(), { nil: undefined }),
      }),
    );
    fc.assert(
      fc.property(anyInput, (input) => {
        const candidate = keyedCandidate(input);
        expect(candidate).toEqual(documentedCandidate(input));
        expect(holdsPrefix(input.pool, candidate)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});
