// Prefixes: which texts are one, what the refusals teach, and the arithmetic.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatAddress } from "../../../net/address";
import {
  countAddresses,
  firstAddress,
  formatPrefix,
  holdsAddress,
  holdsPrefix,
  isPrefixProblem,
  lastAddress,
  overlaps,
  type Prefix,
  parsePrefix,
} from "../../../net/prefix";
import { anyAddress, anyPrefix } from "./arbitraries";
import { requirePrefix } from "./require-prefix";

describe("parsePrefix", () => {
  it.each([
    ["192.0.2.0/24", "192.0.2.0/24", "192.0.2.0", "192.0.2.255", 256n],
    ["192.0.2.1/32", "192.0.2.1/32", "192.0.2.1", "192.0.2.1", 1n],
    ["198.51.100.128/25", "198.51.100.128/25", "198.51.100.128", "198.51.100.255", 128n],
    ["0.0.0.0/0", "0.0.0.0/0", "0.0.0.0", "255.255.255.255", 2n ** 32n],
    [
      "2001:DB8:100:0::/64",
      "2001:db8:100::/64",
      "2001:db8:100::",
      "2001:db8:100:0:ffff:ffff:ffff:ffff",
      2n ** 64n,
    ],
    ["2001:db8::1/128", "2001:db8::1/128", "2001:db8::1", "2001:db8::1", 1n],
    ["3fff::/20", "3fff::/20", "3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", 2n ** 108n],
    ["64:ff9b::192.0.2.0/120", "64:ff9b::c000:200/120", "64:ff9b::c000:200", "64:ff9b::c000:2ff", 256n],
    ["::/0", "::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 2n ** 128n],
  ] as const)("reads %s", (text, canonical, first, last, count) => {
    const prefix = requirePrefix(text);
    expect(formatPrefix(prefix)).toBe(canonical);
    expect(formatAddress(firstAddress(prefix))).toBe(first);
    expect(formatAddress(lastAddress(prefix))).toBe(last);
    expect(countAddresses(prefix)).toBe(count);
  });

  it.each([
    [
      "192.0.2.1/24",
      "has host bits set; the /24 that holds this address is 192.0.2.0/24, and the one address is 192.0.2.1/32",
    ],
    [
      "2001:db8::1/64",
      "has host bits set; the /64 that holds this address is 2001:db8::/64, and the one address is 2001:db8::1/128",
    ],
    ["128.0.0.0/0", "has host bits set; the /0 that holds this address is 0.0.0.0/0"],
    ["192.0.2.1", "has no length; write 192.0.2.1/32 for the one address"],
    ["2001:db8::1", "has no length; write 2001:db8::1/128 for the one address"],
    ["192.0.2.0/33", "has length 33; 0 to 32 are possible"],
    ["2001:db8::/129", "has length 129; 0 to 128 are possible"],
    ["2001:db8::/999", "has length 999; 0 to 128 are possible"],
    ["192.0.2.0/255.255.255.0", "write the mask as a length: /24, not /255.255.255.0"],
    ["fe80::1%eth0/64", "a zone id such as %eth0 has no place in it"],
    [" 2001:db8::/64", "white space"],
    ["2001:db8::/64 ", "white space"],
    ["2001:db8::/64\n", "white space"],
    ["2001:db8::\t/64", "white space"],
    ["２００１:db8::/64", "not ASCII"],
    ["192.0.2.0/２4", "not ASCII"],
    ["2001:db8::/64\u202e", "not ASCII"],
    ["2001:db8::/64\0", "not ASCII"],
    [`2001:db8::/${"6".repeat(50)}`, "characters long"],
  ])("teaches what is wrong with %j", (text, lesson) => {
    const answer = parsePrefix(text);
    expect(isPrefixProblem(answer) && answer.problem).toContain(lesson);
  });

  it("says how long a text is that is far too long, and does not repeat it", () => {
    const answer = parsePrefix(`2001:db8::${"0".repeat(100_000)}/64`);
    const problem = isPrefixProblem(answer) ? answer.problem : "";
    expect(problem).toContain("it is 100013 characters long");
    expect(problem.length).toBeLessThan(200);
  });

  it.each([
    "",
    "/",
    "/64",
    "banana",
    "2001:db8::/",
    "2001:db8::/-1",
    "2001:db8::/+64",
    "2001:db8::/064",
    "2001:db8::/64/64",
    "2001:db8::/0x40",
    "2001:db8::/6e1",
    "192.0.2.0/024",
    "192.0.02.0/24",
    "192.0.2/24",
    "10/8",
    "[2001:db8::]/64",
    "2001:db8::/64;reboot",
    "$(reboot)/64",
    "default",
    "local",
  ])("says what a prefix looks like for %j", (text) => {
    const answer = parsePrefix(text);
    expect(isPrefixProblem(answer) && answer.problem).toMatch(
      /^is not ADDRESS\/LENGTH such as 2001:db8:100::\/64 or 192\.0\.2\.0\/24/,
    );
  });

  it("never throws, and answers with a short message", () => {
    const anyText = fc.oneof(
      fc.string({ unit: "binary", maxLength: 80 }),
      fc.string({ unit: fc.constantFrom(..."0123456789abcdef:./%"), maxLength: 50 }),
    );
    fc.assert(
      fc.property(anyText, (text) => {
        const answer = parsePrefix(text);
        if (isPrefixProblem(answer)) expect(answer.problem.length).toBeLessThan(300);
      }),
      { numRuns: 5000 },
    );
  });
});

describe("properties of prefixes", () => {
  it("parse ∘ format is the identity", () => {
    fc.assert(
      fc.property(anyPrefix, (prefix) => {
        expect(parsePrefix(formatPrefix(prefix))).toEqual(prefix);
      }),
    );
  });

  it("hold their first and last address, and exactly as many as they count", () => {
    fc.assert(
      fc.property(anyPrefix, (prefix) => {
        const [first, last] = [firstAddress(prefix), lastAddress(prefix)];
        expect(overlaps(prefix, hostPrefix(prefix, first.value))).toBe(true);
        expect(overlaps(prefix, hostPrefix(prefix, last.value))).toBe(true);
        expect(last.value - first.value + 1n).toBe(countAddresses(prefix));
        const bits = prefix.family === "ipv4" ? 32n : 128n;
        if (first.value > 0n) expect(overlaps(prefix, hostPrefix(prefix, first.value - 1n))).toBe(false);
        if (last.value + 1n < 1n << bits)
          expect(overlaps(prefix, hostPrefix(prefix, last.value + 1n))).toBe(false);
      }),
    );
  });

  it("overlap themselves, symmetrically, and only when the longer one's network lies in the shorter one", () => {
    fc.assert(
      fc.property(anyPrefix, anyPrefix, (a, b) => {
        expect(overlaps(a, a)).toBe(true);
        expect(overlaps(a, b)).toBe(overlaps(b, a));
        const [outer, inner] = a.length <= b.length ? [a, b] : [b, a];
        const holdsNetwork = inner.network >= outer.network && inner.network <= lastAddress(outer).value;
        expect(overlaps(a, b)).toBe(a.family === b.family && holdsNetwork);
      }),
    );
  });
});

describe("overlaps", () => {
  it.each([
    ["192.0.2.0/24", "192.0.2.128/25", true],
    ["192.0.2.0/25", "192.0.2.128/25", false],
    ["192.0.2.0/24", "192.0.3.0/24", false],
    ["0.0.0.0/0", "::/0", false],
    ["::/0", "2001:db8::/32", true],
    ["2001:db8:100::/64", "2001:db8:100:0:8000::/65", true],
    ["2001:db8:100::/64", "2001:db8:100:1::/64", false],
    ["2001:db8::1/128", "2001:db8::1/128", true],
  ])("%s and %s: %s", (a, b, answer) => {
    expect(overlaps(requirePrefix(a), requirePrefix(b))).toBe(answer);
    expect(overlaps(requirePrefix(b), requirePrefix(a))).toBe(answer);
  });
});

describe("holdsPrefix", () => {
  it.each([
    ["192.0.2.0/24", "192.0.2.128/25", true],
    ["192.0.2.0/24", "192.0.2.0/24", true],
    ["192.0.2.128/25", "192.0.2.0/24", false],
    ["192.0.2.0/24", "192.0.3.0/25", false],
    ["::/0", "192.0.2.0/24", false],
    ["0.0.0.0/0", "192.0.2.1/32", true],
  ])("%s and %s: %s", (outer, inner, answer) => {
    expect(holdsPrefix(requirePrefix(outer), requirePrefix(inner))).toBe(answer);
  });

  it("holds an address exactly if it is none before the first and none after the last", () => {
    fc.assert(
      fc.property(anyPrefix, anyAddress, (prefix, address) => {
        const isBetween =
          address.value >= firstAddress(prefix).value && address.value <= lastAddress(prefix).value;
        expect(holdsAddress(prefix, address)).toBe(address.family === prefix.family && isBetween);
      }),
    );
  });
});

function hostPrefix({ family }: Prefix, network: bigint): Prefix {
  return { family, network, length: family === "ipv4" ? 32 : 128 };
}
