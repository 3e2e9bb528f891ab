// The functions on names in the DNS, as a program calls them.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Address, addressBits, formatAddress, parseAddress } from "../../../net/address";
import { firstAddress, formatPrefix, holdsAddress, type Prefix } from "../../../net/prefix";
import {
  formatClasslessDelegation,
  formatZoneRecords,
  nthAddress,
  reverseName,
  reverseZone,
} from "../../../sdk";
import { anyAddress, anyPlace } from "../net/arbitraries";
import { requirePrefix } from "../net/require-prefix";

/** The address that a name under in-addr.arpa or ip6.arpa stands for, by its text alone. */
function addressOfReverseName(name: string): Address | undefined {
  const labels = name.split(".").reverse();
  if (name.endsWith(".in-addr.arpa")) return parseAddress(labels.slice(2).join("."));
  return parseAddress((labels.slice(2).join("").match(/.{4}/g) ?? []).join(":"));
}

describe("reverseName", () => {
  it.each([
    // RFC 1035 §3.5
    ["10.2.0.52", "52.0.2.10.in-addr.arpa"],
    // RFC 3596 §2.5
    ["4321:0:1:2:3:4:567:89ab", "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.0.0.0.0.1.2.3.4.ip6.arpa"],
    ["::", `${"0.".repeat(32)}ip6.arpa`],
    ["2001:DB8::", `${"0.".repeat(24)}8.b.d.0.1.0.0.2.ip6.arpa`],
    ["0.0.0.0", "0.0.0.0.in-addr.arpa"],
  ])("of %s is %s", (address, name) => {
    expect(reverseName(address)).toBe(name);
  });

  it("reads back as the address", () => {
    fc.assert(
      fc.property(anyAddress, (address) => {
        expect(addressOfReverseName(reverseName(formatAddress(address)))).toEqual(address);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ["192.0.2.0/24", 'address "192.0.2.0/24" is a prefix; write one address'],
    ["192.0.2", 'address "192.0.2" is not an address'],
    ["fe80::1%eth0", 'address "fe80::1%eth0" is not an address'],
  ])("throws a TypeError for %s", (text, message) => {
    expect(() => reverseName(text)).toThrow(TypeError);
    expect(() => reverseName(text)).toThrow(message);
  });
});

describe("reverseZone", () => {
  it.each([
    ["192.0.2.0/24", false, "2.0.192.in-addr.arpa"],
    ["192.0.2.0/25", false, "2.0.192.in-addr.arpa"],
    // The three zones of RFC 2317 §4.
    ["192.0.2.0/25", true, "0/25.2.0.192.in-addr.arpa"],
    ["192.0.2.128/26", true, "128/26.2.0.192.in-addr.arpa"],
    ["192.0.2.192/26", true, "192/26.2.0.192.in-addr.arpa"],
    ["192.0.2.254/31", true, "254/31.2.0.192.in-addr.arpa"],
    ["192.0.2.0/24", true, "2.0.192.in-addr.arpa"],
    ["192.0.2.7/32", true, "7.2.0.192.in-addr.arpa"],
    ["10.64.0.0/10", true, "10.in-addr.arpa"],
    ["2001:db8:100:80::/57", true, "0.0.0.0.1.0.8.b.d.0.1.0.0.2.ip6.arpa"],
  ])("of %s, classless %s, is %s", (prefix, classless, zone) => {
    expect(reverseZone(prefix, { classless })).toBe(zone);
  });

  it("is not classless unless asked for", () => {
    expect(reverseZone("192.0.2.0/25")).toBe("2.0.192.in-addr.arpa");
  });

  it("ends the name of each address of the prefix", () => {
    fc.assert(
      fc.property(anyPlace, ({ prefix, index }) => {
        const name = reverseName(nthAddress(formatPrefix(prefix), index));
        const zone = reverseZone(formatPrefix(prefix));
        expect(name === zone || name.endsWith(`.${zone}`)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it("throws a TypeError for what is not a prefix", () => {
    expect(() => reverseZone("192.0.2.1")).toThrow(TypeError);
    expect(() => reverseZone("192.0.2.1")).toThrow('prefix "192.0.2.1" has no length');
  });
});

describe("formatZoneRecords", () => {
  const names = {
    "shop.example.org": "192.0.2.1",
    "shop.example.net": ["2001:db8:100::1", "192.0.2.1"],
    "blog.example.net": "2001:DB8:100:0::2",
    "example.net": ["192.0.2.130", "192.0.2.2"],
    "*.blog.example.net": "2001:db8:100::2",
    "example.com": [],
  };

  it("writes A and AAAA lines by name from the right, then by address", () => {
    expect(formatZoneRecords(names)).toBe(
      `example.net. IN A 192.0.2.2
example.net. IN A 192.0.2.130
blog.example.net. IN AAAA 2001:db8:100::2
*.blog.example.net. IN AAAA 2001:db8:100::2
shop.example.net. IN A 192.0.2.1
shop.example.net. IN AAAA 2001:db8:100::1
shop.example.org. IN A 192.0.2.1
`,
    );
  });

  it("writes a TTL into each line, and owners relative to the origin", () => {
    const relative = { "@": "192.0.2.2", shop: "192.0.2.1", "myexample.net.": "192.0.2.1" };
    expect(formatZoneRecords(relative, { origin: "example.net", ttl: 0, relative: true })).toBe(
      `@ 0 IN A 192.0.2.2
shop 0 IN A 192.0.2.1
myexample.net. 0 IN A 192.0.2.1
`,
    );
    expect(formatZoneRecords(relative, { origin: "Example.NET.", ttl: 2 ** 31 - 1 })).toBe(
      `example.net. 2147483647 IN A 192.0.2.2
shop.example.net. 2147483647 IN A 192.0.2.1
myexample.net. 2147483647 IN A 192.0.2.1
`,
    );
  });

  it("writes PTR lines of the prefix's addresses by address, then by name, and none for a wildcard", () => {
    expect(formatZoneRecords(names, { reverse: "192.0.2.0/24" })).toBe(
      `1.2.0.192.in-addr.arpa. IN PTR shop.example.net.
1.2.0.192.in-addr.arpa. IN PTR shop.example.org.
2.2.0.192.in-addr.arpa. IN PTR example.net.
130.2.0.192.in-addr.arpa. IN PTR example.net.
`,
    );
    expect(formatZoneRecords(names, { reverse: "2001:db8:100::/64", relative: true, ttl: 60 })).toBe(
      `1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0 60 IN PTR shop.example.net.
2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0 60 IN PTR blog.example.net.
`,
    );
  });

  it("completes the names that PTR lines lead to by the origin, not by the reverse zone", () => {
    expect(
      formatZoneRecords(
        { shop: "192.0.2.1" },
        { origin: "example.net", reverse: "192.0.2.0/24", relative: true },
      ),
    ).toBe("1 IN PTR shop.example.net.\n");
  });

  it("names the zone itself @ where it is that of one address", () => {
    expect(
      formatZoneRecords({ "shop.example": "192.0.2.1" }, { reverse: "192.0.2.1/32", relative: true }),
    ).toBe("@ IN PTR shop.example.\n");
  });

  it("writes A's zone of the example in RFC 2317 §4", () => {
    const hosts = {
      "host1.A.domain": "192.0.2.1",
      "host2.A.domain": "192.0.2.2",
      "host3.A.domain": "192.0.2.3",
    };
    const others = { "host1.B.domain": "192.0.2.129" };
    const ofA = { reverse: "192.0.2.0/25", classless: true };
    expect(formatZoneRecords({ ...hosts, ...others }, { ...ofA, relative: true })).toBe(
      `1 IN PTR host1.a.domain.
2 IN PTR host2.a.domain.
3 IN PTR host3.a.domain.
`,
    );
    expect(formatZoneRecords({ ...hosts, ...others }, { reverse: "192.0.2.128/26", classless: true })).toBe(
      "129.128/26.2.0.192.in-addr.arpa. IN PTR host1.b.domain.\n",
    );
  });

  it("does with classless what it does without for a prefix that has a zone anyway", () => {
    for (const reverse of ["192.0.2.0/24", "192.0.2.1/32", "2001:db8:100::/64"]) {
      expect(formatZoneRecords(names, { reverse, classless: true })).toBe(
        formatZoneRecords(names, { reverse }),
      );
    }
  });

  it("writes nothing where there is nothing to write", () => {
    expect(formatZoneRecords({})).toBe("");
    expect(formatZoneRecords(names, { reverse: "198.51.100.0/24" })).toBe("");
  });

  it("writes an address once, however often and in whatever form it is given", () => {
    expect(formatZoneRecords({ "shop.example": ["2001:db8::1", "2001:DB8:0::1", "2001:db8::1"] })).toBe(
      "shop.example. IN AAAA 2001:db8::1\n",
    );
  });

  it.each([
    [
      "two texts that are one name",
      { "shop.example": [], "Shop.example.": [] },
      {},
      'name "Shop.example." is the same as "shop.example"',
    ],
    [
      "a relative and a complete name that are one",
      { shop: [], "shop.example.net.": [] },
      { origin: "example.net" },
      'name "shop.example.net." is the same as "shop"',
    ],
    ["a name that is none", { "shop;.example": [] }, {}, 'name "shop;.example" is no host name'],
    [
      "a long name",
      { ["x".repeat(300)]: [] },
      {},
      /^name "x{80}…" has a label of 300 characters; 63 are possible$/,
    ],
    [
      "an address that is none",
      { "shop.example": "192.0.2" },
      {},
      'address of "shop.example" "192.0.2" is not an address',
    ],
    [
      "a prefix for an address",
      { "shop.example": ["192.0.2.0/24"] },
      {},
      'address of "shop.example" "192.0.2.0/24" is a prefix',
    ],
    [
      "an address with a line feed",
      { "shop.example": "192.0.2.1\n@ IN A 192.0.2.2" },
      {},
      "is not an address",
    ],
    [
      "an address that is no text",
      { "shop.example": 7 as never },
      {},
      'address of "shop.example" must be text',
    ],
    [
      "names that are a Map",
      new Map([["shop.example", "192.0.2.1"]]) as never,
      {},
      "names must be a plain object",
    ],
    ["names that are a list", [["shop.example", "192.0.2.1"]] as never, {}, "names must be a plain object"],
    [
      "no names",
      undefined as never,
      {},
      "names must be a plain object from names to addresses, not undefined",
    ],
    ["an origin that is none", {}, { origin: "example.net;" }, 'origin "example.net;" is no host name'],
    ["a prefix that is none", {}, { reverse: "192.0.2.0" }, 'reverse "192.0.2.0" has no length'],
    ["classless without a prefix", {}, { classless: true }, "classless needs reverse"],
    [
      "relative without anything to be relative to",
      {},
      { relative: true },
      "relative needs origin or reverse",
    ],
  ])("throws a TypeError for %s", (_what, given, options, message) => {
    expect(() => formatZoneRecords(given, options)).toThrow(TypeError);
    expect(() => formatZoneRecords(given, options)).toThrow(message);
  });

  it.each([-1, 2 ** 31, 0.5, Number.NaN])("throws a RangeError for a TTL of %s", (ttl) => {
    expect(() => formatZoneRecords({}, { ttl })).toThrow(RangeError);
    expect(() => formatZoneRecords({}, { ttl })).toThrow(
      `ttl ${ttl} must be seconds: a whole number from 0 to 2147483647`,
    );
  });

  it("says the same in its lines as in its arguments, complete and relative, in any order", () => {
    fc.assert(
      fc.property(anyNames, fc.option(fc.nat(2 ** 31 - 1), { nil: undefined }), (given, ttl) => {
        const form = ttl === undefined ? {} : { ttl };
        const complete = formatZoneRecords(given, form);
        const expected = Object.entries(given).flatMap(([name, addresses]) =>
          addresses.map((address) => `${name} ${address}`),
        );
        expect(readLines(complete, ttl, "").sort()).toEqual([...new Set(expected)].sort());
        const underOrigin = Object.fromEntries(
          Object.entries(given).map(([name, list]) => [`${name}.`, list]),
        );
        const relative = formatZoneRecords(underOrigin, { ...form, origin: "example.net", relative: true });
        expect(readLines(relative, ttl, "example.net")).toEqual(readLines(complete, ttl, ""));
        const reversed = Object.fromEntries(
          Object.entries(given)
            .reverse()
            .map(([name, list]) => [name, [...list].reverse()]),
        );
        expect(formatZoneRecords(reversed, form)).toBe(complete);
      }),
      { numRuns: 1000 },
    );
  });

  it("gives each address of a prefix the names that it has, and no other address any", () => {
    fc.assert(
      fc.property(anyNames, anyNearPrefix(), fc.boolean(), (given, prefix, classless) => {
        const reverse = formatPrefix(prefix);
        const zone = reverseZone(reverse, { classless });
        const text = formatZoneRecords(given, { reverse, classless, relative: true });
        const own = zone.includes("/");
        const found = text
          .split("\n")
          .filter(Boolean)
          .map((line) => {
            const [owner, dnsClass, type, name] = line.split(" ");
            expect([dnsClass, type]).toEqual(["IN", "PTR"]);
            const complete = owner === "@" ? zone : `${owner}.${zone}`;
            const address = addressOfReverseName(own ? complete.replace(/\.[^.]*\/[^.]*/, "") : complete);
            return `${name} ${address && formatAddress(address)}`;
          });
        const expected = Object.entries(given)
          .filter(([name]) => !name.startsWith("*"))
          .flatMap(([name, list]) => [...new Set(list)].map((address) => [name, address] as const))
          .filter(([, address]) => holdsAddress(prefix, parseAddress(address) as Address))
          .map(([name, address]) => `${name}. ${address}`);
        expect(found.sort()).toEqual(expected.sort());
      }),
      { numRuns: 1000 },
    );
  });

  it("never writes a line or a word that nobody asked for, whatever it is given", () => {
    const anyText = fc.oneof(
      fc.string({ unit: "binary", maxLength: 30 }),
      fc.string({ unit: fc.constantFrom(...'aZ9-.*@;$"()\\ \t\n:'), maxLength: 10 }),
      fc.constantFrom("shop.example", "192.0.2.1", "2001:db8::1", "@", "a.b"),
    );
    const anyOrigin = fc.option(anyText, { nil: undefined });
    fc.assert(
      fc.property(anyText, anyText, anyOrigin, fc.boolean(), (name, address, origin, relative) => {
        const options = { ...(origin === undefined ? {} : { origin }), relative };
        let text: string;
        try {
          text = formatZoneRecords({ [name]: address }, options);
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError);
          return;
        }
        expect(text).toMatch(/^(@|(\*\.?)?[a-z0-9.-]*) IN (A [0-9.]+|AAAA [0-9a-f:]+)\n$/);
      }),
      { numRuns: 5000 },
    );
  });
});

describe("formatClasslessDelegation", () => {
  it("writes what the parent zone has for C in the example of RFC 2317 §4, for the first and the last address too", () => {
    const text = formatClasslessDelegation("192.0.2.192/26", {
      nameServers: ["ns.C.domain", "some.other.third.name.server."],
      relative: true,
    });
    const lines = text.split("\n");
    expect(lines.slice(0, 5)).toEqual([
      "192/26 IN NS ns.c.domain.",
      "192/26 IN NS some.other.third.name.server.",
      "192 IN CNAME 192.192/26.2.0.192.in-addr.arpa.",
      "193 IN CNAME 193.192/26.2.0.192.in-addr.arpa.",
      "194 IN CNAME 194.192/26.2.0.192.in-addr.arpa.",
    ]);
    expect(lines.slice(-2)).toEqual(["255 IN CNAME 255.192/26.2.0.192.in-addr.arpa.", ""]);
    expect(lines).toHaveLength(2 + 64 + 1);
  });

  it("writes complete owners unless it is told otherwise", () => {
    expect(formatClasslessDelegation("192.0.2.6/31", { nameServers: ["ns.example"], ttl: 3600 })).toBe(
      `6/31.2.0.192.in-addr.arpa. 3600 IN NS ns.example.
6.2.0.192.in-addr.arpa. 3600 IN CNAME 6.6/31.2.0.192.in-addr.arpa.
7.2.0.192.in-addr.arpa. 3600 IN CNAME 7.6/31.2.0.192.in-addr.arpa.
`,
    );
  });

  it.each(["192.0.2.0/24", "192.0.2.1/32", "10.0.0.0/8", "2001:db8::/121"])(
    "throws a RangeError for %s",
    (prefix) => {
      const delegate = () => formatClasslessDelegation(prefix, { nameServers: ["ns.example"] });
      expect(delegate).toThrow(RangeError);
      expect(delegate).toThrow(
        `prefix ${prefix} needs no such delegation; it is for IPv4 prefixes of length 25 to 31`,
      );
    },
  );

  it.each([
    [{ nameServers: [] }, "nameServers must be a list of one name at least"],
    [{ nameServers: "ns.example" }, "nameServers must be a list of one name at least"],
    [undefined, "nameServers must be a list of one name at least"],
    [
      { nameServers: ["ns.example", "192.0.2.1"] },
      'nameServers[1] "192.0.2.1" is an address where a name is expected',
    ],
    [{ nameServers: ["*.example"] }, 'nameServers[0] "*.example" is a wildcard'],
    [{ nameServers: ["ns.example\n$INCLUDE x"] }, 'nameServers[0] "ns.example\\n$INCLUDE x" is no host name'],
  ])("throws a TypeError for %j", (options, message) => {
    const delegate = () => formatClasslessDelegation("192.0.2.0/25", options as never);
    expect(delegate).toThrow(TypeError);
    expect(delegate).toThrow(message);
  });
});

const nearNetworks = ["192.0.2.0/24", "2001:db8::/64"].map((text) => firstAddress(requirePrefix(text)));

/** Complete names in lower case with canonical addresses, some of them in one zone and some addresses in one prefix. */
const anyNames = fc
  .uniqueArray(
    fc.tuple(
      fc.stringMatching(/^(\*\.)?([a-z][a-z0-9]{0,5}\.){1,2}$/),
      fc.constantFrom("example.net", "example.org", "net"),
      fc.array(fc.oneof(anyAddress, anyNearAddress()), { maxLength: 4 }),
    ),
    { maxLength: 8, selector: ([labels, domain]) => `${labels}${domain}` },
  )
  .map(
    (entries): Record<string, string[]> =>
      Object.fromEntries(
        entries.map(([labels, domain, list]) => [`${labels}${domain}`, list.map(formatAddress)]),
      ),
  );

function anyNearAddress(): fc.Arbitrary<Address> {
  return fc.tuple(fc.constantFrom(...nearNetworks), fc.nat(63)).map(([network, offset]) => {
    return { family: network.family, value: network.value + BigInt(offset) };
  });
}

/** A prefix that holds some of these, or a shorter one. */
function anyNearPrefix(): fc.Arbitrary<Prefix> {
  return fc.tuple(anyNearAddress(), fc.integer({ min: 0, max: 24 })).map(([{ family, value }, shorter]) => {
    const hostBits = BigInt(shorter);
    const length = addressBits(family) - shorter;
    return { family, network: (value >> hostBits) << hostBits, length };
  });
}

/** What lines of A and AAAA records say, as "name address". */
function readLines(text: string, ttl: number | undefined, origin: string): string[] {
  expect(text === "" || text.endsWith("\n")).toBe(true);
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => {
      const [owner = "", ...rest] = line.split(" ");
      if (ttl !== undefined) expect(rest.shift()).toBe(String(ttl));
      const [dnsClass, type, address = ""] = rest;
      expect([dnsClass, type, rest.length]).toEqual(["IN", address.includes(":") ? "AAAA" : "A", 3]);
      if (owner === "@") return `${origin} ${address}`;
      return `${owner.endsWith(".") ? owner.slice(0, -1) : `${owner}.${origin}`} ${address}`;
    });
}
