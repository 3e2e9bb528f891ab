// Addresses: which texts are one, and the one text that each is written as.
import { isIP } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatAddress, parseAddress } from "../../../net/address";
import { anyAddress, anyIPv6Value } from "./arbitraries";

describe("parseAddress", () => {
  it.each([
    ["0.0.0.0", "ipv4", 0n, "0.0.0.0"],
    ["192.0.2.1", "ipv4", 0xc0000201n, "192.0.2.1"],
    ["255.255.255.255", "ipv4", 0xffffffffn, "255.255.255.255"],
    ["::", "ipv6", 0n, "::"],
    ["::1", "ipv6", 1n, "::1"],
    ["2001:DB8::A", "ipv6", 0x20010db800000000000000000000000an, "2001:db8::a"],
    ["2001:db8:0:0:0:0:0:1", "ipv6", 0x20010db8000000000000000000000001n, "2001:db8::1"],
    ["2001:0db8::0001", "ipv6", 0x20010db8000000000000000000000001n, "2001:db8::1"],
    ["2001:db8::1:1:1:1:1", "ipv6", 0x20010db8000000010001000100010001n, "2001:db8:0:1:1:1:1:1"],
    ["64:ff9b::192.0.2.1", "ipv6", 0x0064ff9b0000000000000000c0000201n, "64:ff9b::c000:201"],
    ["::ffff:192.0.2.1", "ipv6", 0xffffc0000201n, "::ffff:c000:201"],
  ] as const)("reads %s", (text, family, value, canonical) => {
    const address = parseAddress(text);
    expect(address).toEqual({ family, value });
    expect(address && formatAddress(address)).toBe(canonical);
  });

  it.each([
    ["nothing", ""],
    ["a single digit", "1"],
    ["a name", "localhost"],
    ["a bare number", "3221225985"],
    ["three octets", "192.0.2"],
    ["five octets", "192.0.2.1.1"],
    ["an octet too large", "192.0.2.256"],
    ["a leading zero", "192.0.2.01"],
    ["an octal-looking octet", "010.0.0.1"],
    ["a hexadecimal octet", "0xc0.0.2.1"],
    ["an empty octet", "192..2.1"],
    ["a length", "192.0.2.1/32"],
    ["a trailing dot", "192.0.2.1."],
    ["two runs of zeros", "2001::db8::1"],
    ["three colons", "2001:db8:::1"],
    ["nine groups", "1:2:3:4:5:6:7:8:9"],
    ["seven groups", "1:2:3:4:5:6:7"],
    ["five digits in a group", "2001:0db80::1"],
    ["a trailing colon", "2001:db8:1:2:3:4:5:"],
    ["a leading colon", ":2001:db8:1:2:3:4:5"],
    ["a zone id", "fe80::1%eth0"],
    ["brackets", "[2001:db8::1]"],
    ["a leading space", " 2001:db8::1"],
    ["a trailing newline", "2001:db8::1\n"],
    ["a NUL", "2001:db8::1\0"],
    ["Arabic digits", "١٩٢.٠.٢.١"],
    ["full-width digits", "２００１::1"],
    ["a full-width colon", "2001：db8::1"],
    ["a bad dotted tail", "::ffff:192.0.2.300"],
    ["a dotted tail in the middle", "::192.0.2.1:1"],
    ["a leading zero in a dotted tail", "::ffff:192.0.02.1"],
    ["50 characters", `2001:db8::${"1".repeat(40)}`],
    ["a million characters", ":".repeat(1_000_000)],
  ])("refuses %s", (_what, text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  it("never throws, and takes nothing that the system's parser refuses", () => {
    const anyText = fc.oneof(
      fc.string({ unit: "binary", maxLength: 60 }),
      fc.string({ unit: fc.constantFrom(..."0123456789abcdefF:.%/ "), maxLength: 46 }),
    );
    fc.assert(
      fc.property(anyText, (text) => {
        const address = parseAddress(text);
        if (address) expect(isIP(text)).toBe(address.family === "ipv4" ? 4 : 6);
      }),
      { numRuns: 5000 },
    );
  });
});

describe("formatAddress", () => {
  it("is what parseAddress reads back", () => {
    fc.assert(
      fc.property(anyAddress, (address) => {
        expect(parseAddress(formatAddress(address))).toEqual(address);
      }),
      { numRuns: 2000 },
    );
  });

  it("writes IPv6 as RFC 5952 says, with the URL standard's serialiser as the oracle", () => {
    fc.assert(
      fc.property(anyIPv6Value, (value) => {
        const text = formatAddress({ family: "ipv6", value });
        expect(new URL(`http://[${text}]/`).hostname).toBe(`[${text}]`);
      }),
      { numRuns: 2000 },
    );
  });
});
