// The functions on prefixes and addresses, as a program calls them.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressBits, formatAddress, parseAddress } from "../../../net/address";
import { countAddresses, firstAddress, formatPrefix, holdsAddress, lastAddress } from "../../../net/prefix";
import { contains, nthAddress, overlaps, parsePrefix, randomAddress, subnets, summarize } from "../../../sdk";
import { anyAddress, anyPlace, anyPrefix } from "../net/arbitraries";
import { requirePrefix } from "../net/require-prefix";

/** What a program in JavaScript, or an Output, may be given instead of a text. */
const noText = [undefined, null, 7, {}, [], Promise.resolve("192.0.2.0/24")] as never[];

describe("parsePrefix", () => {
  it("says what there is to know of a prefix", () => {
    expect(parsePrefix("2001:DB8:100:0::/64")).toEqual({
      prefix: "2001:db8:100::/64",
      family: "ipv6",
      length: 64,
      firstAddress: "2001:db8:100::",
      lastAddress: "2001:db8:100:0:ffff:ffff:ffff:ffff",
      addressCount: 2n ** 64n,
    });
    expect(parsePrefix("192.0.2.128/25")).toEqual({
      prefix: "192.0.2.128/25",
      family: "ipv4",
      length: 25,
      firstAddress: "192.0.2.128",
      lastAddress: "192.0.2.255",
      addressCount: 128n,
    });
  });

  it("counts exactly where a number could not", () => {
    expect(parsePrefix("::/0").addressCount).toBe(340282366920938463463374607431768211456n);
  });

  // RFC 5952 §4: lower case, no leading zeros, the longest run of zeros shortened, the first of two alike, never one group.
  it.each([
    ["2001:0DB8::0001/128", "2001:db8::1/128"],
    ["2001:db8:0:0:0:0:2:1/128", "2001:db8::2:1/128"],
    ["2001:db8::1:1:1:1:1/128", "2001:db8:0:1:1:1:1:1/128"],
    ["2001:0:0:1:0:0:0:1/128", "2001:0:0:1::1/128"],
    ["2001:db8:0:0:1:0:0:1/128", "2001:db8::1:0:0:1/128"],
  ])("writes %s as RFC 5952 does, %s", (text, canonical) => {
    expect(parsePrefix(text).prefix).toBe(canonical);
  });

  it.each([
    [
      "192.0.2.1/24",
      'text "192.0.2.1/24" has host bits set; the /24 that holds this address is 192.0.2.0/24',
    ],
    ["192.0.2.0/33", 'text "192.0.2.0/33" has length 33; 0 to 32 are possible'],
    ["192.0.2.1", 'text "192.0.2.1" has no length; write 192.0.2.1/32'],
    ["banana\n", 'text "banana\\n" is not ADDRESS/LENGTH such as 2001:db8:100::/64'],
  ])("throws a TypeError that teaches for %j", (text, message) => {
    expect(() => parsePrefix(text)).toThrow(TypeError);
    expect(() => parsePrefix(text)).toThrow(message);
  });

  it.each(noText.map((value) => [value]))(
    "throws a TypeError for %j, and says how to read an Output",
    (text) => {
      expect(() => parsePrefix(text)).toThrow(TypeError);
      expect(() => parsePrefix(text)).toThrow(
        /^text must be text such as .*, not .*an Output is known inside apply$/,
      );
    },
  );

  it("repeats no more of a long text than helps", () => {
    expect(() => parsePrefix("1".repeat(1_000_000))).toThrow(/^text "1{80}…" is not .{1,120}$/);
  });
});

describe("subnets", () => {
  it("are the /64s of the article's /60", () => {
    const parts = subnets("2a00:f10:500:40::/60", 64);
    expect(parts.count).toBe(16n);
    expect([...parts]).toEqual(
      Array.from({ length: 16 }, (_, index) => `2a00:f10:500:${(0x40 + index).toString(16)}::/64`),
    );
  });

  it("are the prefix itself at its own length", () => {
    expect([...subnets("192.0.2.0/24", 24)]).toEqual(["192.0.2.0/24"]);
    expect([...subnets("192.0.2.1/32", 32)]).toEqual(["192.0.2.1/32"]);
  });

  it("come one by one and by number, however many there are", () => {
    const parts = subnets("2001:db8::/32", 64);
    expect(parts.count).toBe(2n ** 32n);
    const taken = [];
    for (const part of parts) if (taken.push(part) === 3) break;
    expect(taken).toEqual(["2001:db8::/64", "2001:db8:0:1::/64", "2001:db8:0:2::/64"]);
    expect(parts.at(2 ** 31)).toBe("2001:db8:8000::/64");
    expect(parts.at(-1)).toBe("2001:db8:ffff:ffff::/64");
    expect(subnets("::/0", 128).at(2n ** 128n - 1n)).toBe("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128");
  });

  it("can be gone through again", () => {
    const parts = subnets("192.0.2.0/24", 26);
    expect([...parts]).toEqual([...parts]);
  });

  it("are a partition: each begins after the one before it, and together they are the prefix", () => {
    fc.assert(
      fc.property(anyPrefix, fc.integer({ min: 0, max: 5 }), (prefix, more) => {
        const length = Math.min(prefix.length + more, addressBits(prefix.family));
        const parts = subnets(formatPrefix(prefix), length);
        const texts = [...parts];
        expect(BigInt(texts.length)).toBe(parts.count);
        let next = prefix.network;
        for (const [index, text] of texts.entries()) {
          const part = requirePrefix(text);
          expect(part).toEqual({ family: prefix.family, network: next, length });
          expect(parts.at(index)).toBe(text);
          expect(parts.at(index - texts.length)).toBe(text);
          next += countAddresses(part);
        }
        expect(next).toBe(lastAddress(prefix).value + 1n);
        expect(summarize(parts)).toEqual([formatPrefix(prefix)]);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    [23, RangeError, "length 23 must be a length of parts of 192.0.2.0/24: a whole number from 24 to 32"],
    [33, RangeError, "length 33 must be a length of parts of 192.0.2.0/24: a whole number from 24 to 32"],
    [24.5, RangeError, "length 24.5 must be"],
    [Number.NaN, RangeError, "length NaN must be"],
    ["26" as never, TypeError, "length must be a number or a bigint, not a string"],
  ])("throw for a length of %s", (length, type, message) => {
    expect(() => subnets("192.0.2.0/24", length)).toThrow(type);
    expect(() => subnets("192.0.2.0/24", length)).toThrow(message);
  });

  it.each([4, -5, 4n, 0.5, Number.POSITIVE_INFINITY])("throw a RangeError for number %s of four", (index) => {
    expect(() => subnets("192.0.2.0/24", 26).at(index)).toThrow(RangeError);
    expect(() => subnets("192.0.2.0/24", 26).at(index)).toThrow(
      `index ${index} must be the number of a /26 of 192.0.2.0/24: a whole number from -4 to 3`,
    );
  });
});

describe("nthAddress", () => {
  it.each([
    ["192.0.2.0/24", 0, "192.0.2.0"],
    ["192.0.2.0/24", 255, "192.0.2.255"],
    ["192.0.2.0/24", -1, "192.0.2.255"],
    ["192.0.2.0/24", -256, "192.0.2.0"],
    ["10.0.0.0/8", -2, "10.255.255.254"],
    ["2001:db8:100::/64", 0xdead_b33f, "2001:db8:100::dead:b33f"],
    ["2001:db8:100::/64", 2n ** 64n - 1n, "2001:db8:100:0:ffff:ffff:ffff:ffff"],
    ["::/0", -1n, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
    ["2001:db8::1/128", 0, "2001:db8::1"],
  ])("of %s with %s is %s", (prefix, index, address) => {
    expect(nthAddress(prefix, index)).toBe(address);
  });

  it("is in the prefix for each index below the count, and for no other", () => {
    fc.assert(
      fc.property(anyPlace, ({ prefix, index }) => {
        const [text, count] = [formatPrefix(prefix), countAddresses(prefix)];
        const address = nthAddress(text, index);
        expect(parseAddress(address)).toEqual({ family: prefix.family, value: prefix.network + index });
        expect(contains(text, address)).toBe(true);
        expect(nthAddress(text, index - count)).toBe(address);
        expect(() => nthAddress(text, index + count)).toThrow(RangeError);
        expect(() => nthAddress(text, index - count - count)).toThrow(RangeError);
      }),
      { numRuns: 1000 },
    );
  });

  it("asks for a bigint where a number cannot be exact", () => {
    expect(() => nthAddress("2001:db8::/32", 2 ** 60)).toThrow(RangeError);
    expect(() => nthAddress("2001:db8::/32", 2 ** 60)).toThrow("as a bigint where it is above 2^53");
    expect(nthAddress("2001:db8::/32", 2n ** 60n)).toBe("2001:db8:0:0:1000::");
  });

  it.each(["0", undefined, null, {}] as never[])("throws a TypeError for the index %j", (index) => {
    expect(() => nthAddress("192.0.2.0/24", index)).toThrow(TypeError);
  });
});

describe("randomAddress", () => {
  it("is in the prefix", () => {
    fc.assert(
      fc.property(anyPrefix, (prefix) => {
        const address = parseAddress(randomAddress(formatPrefix(prefix)));
        expect(address && holdsAddress(prefix, address)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it("is each address of a /120 equally often", { timeout: 60_000 }, () => {
    const draws = 100_000;
    const counts = new Map<string, number>();
    for (let draw = 0; draw < draws; draw++) {
      const address = randomAddress("2001:db8:100::ff00/120");
      counts.set(address, (counts.get(address) ?? 0) + 1);
    }
    const expected = draws / 256;
    const chiSquared =
      [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0) +
      (256 - counts.size) * expected;
    // With 255 degrees of freedom a fair source exceeds 420 with a probability of 3.4e-10.
    expect(chiSquared).toBeLessThan(420);
  });

  it.each(["0.0.0.0/0", "::/0", "2001:db8:100::/64", "2001:db8:100::/61"])(
    "has every host bit of %s in play",
    (text) => {
      const prefix = requirePrefix(text);
      let [ever, always] = [0n, -1n];
      // A bit that is fair is the same 200 times with a probability of 2^-199.
      for (let draw = 0; draw < 200; draw++) {
        const value = parseAddress(randomAddress(text))?.value ?? 0n;
        ever |= value;
        always &= value;
      }
      expect(formatAddress({ family: prefix.family, value: ever })).toBe(formatAddress(lastAddress(prefix)));
      expect(formatAddress({ family: prefix.family, value: always })).toBe(
        formatAddress(firstAddress(prefix)),
      );
    },
  );

  it("is the one address of a host route", () => {
    expect(randomAddress("192.0.2.7/32")).toBe("192.0.2.7");
  });
});

describe("contains", () => {
  it.each([
    ["192.0.2.0/24", "192.0.2.128/25", true],
    ["192.0.2.0/24", "192.0.2.0/24", true],
    ["192.0.2.128/25", "192.0.2.0/24", false],
    ["192.0.2.0/24", "192.0.2.255", true],
    ["192.0.2.0/24", "192.0.3.0", false],
    ["::/0", "192.0.2.1", false],
    ["::/0", "::ffff:192.0.2.1", true],
    ["0.0.0.0/0", "::ffff:192.0.2.1", false],
    ["2001:db8::/32", "2001:DB8:ffff::1", true],
  ])("%s and %s: %s", (prefix, inner, answer) => {
    expect(contains(prefix, inner)).toBe(answer);
  });

  it("is true exactly if the first and the last address of the one are among the other's", () => {
    fc.assert(
      fc.property(anyPrefix, anyPrefix, (outer, inner) => {
        const isInside = holdsAddress(outer, firstAddress(inner)) && holdsAddress(outer, lastAddress(inner));
        expect(contains(formatPrefix(outer), formatPrefix(inner))).toBe(isInside);
      }),
      { numRuns: 1000 },
    );
  });

  it("takes no address for the prefix, and names the argument that is wrong", () => {
    expect(() => contains("192.0.2.1", "192.0.2.1")).toThrow('prefix "192.0.2.1" has no length');
    expect(() => contains("192.0.2.0/24", "192.0.2.1/24")).toThrow('inner "192.0.2.1/24" has host bits set');
    expect(() => contains("192.0.2.0/24", "192.0.2")).toThrow('inner "192.0.2" is not an address');
  });
});

describe("overlaps", () => {
  it.each([
    ["192.0.2.0/24", "192.0.2.128/25", true],
    ["192.0.2.128/25", "192.0.2.0/24", true],
    ["192.0.2.0/25", "192.0.2.128/25", false],
    ["192.0.2.1", "192.0.2.0/24", true],
    ["192.0.2.1", "192.0.2.1", true],
    ["192.0.2.1", "192.0.2.2", false],
    ["0.0.0.0/0", "::/0", false],
  ])("%s and %s: %s", (a, b, answer) => {
    expect(overlaps(a, b)).toBe(answer);
  });

  it("is true exactly if one contains the other, since prefixes never cross", () => {
    fc.assert(
      fc.property(anyPrefix, anyPrefix, (a, b) => {
        const [left, right] = [formatPrefix(a), formatPrefix(b)];
        expect(overlaps(left, right)).toBe(contains(left, right) || contains(right, left));
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ["banana", "192.0.2.1", 'a "banana" is not an address'],
    ["192.0.2.1", "192.0.2.0/", 'b "192.0.2.0/" is not ADDRESS/LENGTH'],
  ])("throws a TypeError for %j and %j", (a, b, message) => {
    expect(() => overlaps(a, b)).toThrow(TypeError);
    expect(() => overlaps(a, b)).toThrow(message);
  });
});

describe("summarize", () => {
  it.each([
    [[], []],
    [["192.0.2.0"], ["192.0.2.0/32"]],
    [["192.0.2.0", "192.0.2.1"], ["192.0.2.0/31"]],
    [
      ["192.0.2.1", "192.0.2.2"],
      ["192.0.2.1/32", "192.0.2.2/32"],
    ],
    [["192.0.2.0/25", "192.0.2.128/25"], ["192.0.2.0/24"]],
    [
      ["192.0.2.128/25", "192.0.3.0/25"],
      ["192.0.2.128/25", "192.0.3.0/25"],
    ],
    [["192.0.2.0/24", "192.0.2.7"], ["192.0.2.0/24"]],
    [
      ["0.0.0.0/1", "128.0.0.0/1", "8000::/1", "::/1"],
      ["0.0.0.0/0", "::/0"],
    ],
    [
      ["2001:db8::/64", "10.0.0.0/8", "2001:DB8::/64"],
      ["10.0.0.0/8", "2001:db8::/64"],
    ],
  ])("of %j is %j", (prefixes, summary) => {
    expect(summarize(prefixes)).toEqual(summary);
  });

  it("takes what can be iterated over once", () => {
    expect(summarize(new Set(["192.0.2.1", "192.0.2.0"]).values())).toEqual(["192.0.2.0/31"]);
  });

  it("reads what it writes, and addresses as prefixes that hold only them", () => {
    fc.assert(
      fc.property(fc.array(anyPrefix), fc.array(anyAddress), (prefixes, addresses) => {
        const hosts = addresses.map((address) => `${formatAddress(address)}/${addressBits(address.family)}`);
        const texts = prefixes.map(formatPrefix);
        const summary = summarize([...texts, ...hosts]);
        expect(summarize([...addresses.map(formatAddress), ...texts])).toEqual(summary);
        expect(summarize(summary)).toEqual(summary);
      }),
      { numRuns: 1000 },
    );
  });

  it("says which of them is wrong", () => {
    expect(() => summarize(["192.0.2.1", "192.0.2.1/24"])).toThrow(TypeError);
    expect(() => summarize(["192.0.2.1", "192.0.2.1/24"])).toThrow(
      'prefixes[1] "192.0.2.1/24" has host bits set',
    );
  });

  it.each(["192.0.2.0/24", undefined, null, {}, 7] as never[])("throws a TypeError for %j", (prefixes) => {
    expect(() => summarize(prefixes)).toThrow(TypeError);
    expect(() => summarize(prefixes)).toThrow("prefixes must be a list such as");
  });
});
