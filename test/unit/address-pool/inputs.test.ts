// What an AddressPool may be asked for, and what each refusal names.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { foresee } from "../../../provider/address-pool/foresee";
import { checkInputs } from "../../../provider/address-pool/inputs";
import type { Properties } from "./small-engine";

const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const pool = "2001:db8:0:50::/60";

function check(change: Properties) {
  return checkInputs({ pool, names: ["web1"], ...change });
}

describe("checkInputs", () => {
  it("stores canonical text, names in order, and nothing that was not given", () => {
    const names = [
      "web2",
      { name: "web1" },
      { name: "edge", prefixLength: 62, request: "2001:DB8:0:58::/62" },
    ];
    const { inputs, failures, desired } = check({
      pool: "2001:0DB8:0:50::/60",
      names,
      results: { web1: "x" },
    });
    expect(failures).toEqual([]);
    expect(inputs).toEqual({
      pool,
      names: [{ name: "edge", prefixLength: 62, request: "2001:db8:0:58::/62" }, "web1", "web2"],
    });
    expect(desired?.names.map(({ name, length }) => [name, length])).toEqual([
      ["edge", 62],
      ["web1", 128],
      ["web2", 128],
    ]);
  });

  it.each([
    ["the name's own length, before all", { name: "a", prefixLength: 61 }, { prefixLength: 64 }, 61],
    ["its request's length", { name: "a", request: "2001:db8:0:58::/62" }, { prefixLength: 64 }, 62],
    ["an address that is requested", { name: "a", request: "2001:db8:0:58::5" }, { prefixLength: 64 }, 128],
    ["the pool's default", "a", { prefixLength: 64 }, 64],
    ["a single address", "a", {}, 128],
  ])("takes as a name's length %s", (_what, entry, change, length) => {
    expect(check({ names: [entry], ...change }).desired?.names[0]?.length).toBe(length);
  });

  it.each<[string, Properties, Record<string, string>]>([
    ["nothing", { pool: undefined, names: undefined }, { pool: "is missing", names: "is missing" }],
    [
      "host bits",
      { pool: "2001:db8:0:51::/60" },
      { pool: "has host bits set; the /60 that holds this address is" },
    ],
    ["a pool that is no text", { pool: 5 }, { pool: "must be a text" }],
    ["names that are no list", { names: { web1: 64 } }, { names: "must be a list of names" }],
    [
      "names that cannot be",
      { names: ["", "a\nb", "bu\u0308cher", 5, "x".repeat(256), "__proto__", {}] },
      {
        "names[0].name": "is empty",
        "names[1].name": "contains control characters",
        "names[2].name": "is not in Unicode's normal form C",
        "names[3]": "must be a name, or an object",
        "names[4].name": "has 256 bytes in UTF-8; 255 are possible",
        "names[5].name": "is __proto__, which cannot be one",
        "names[6].name": "is missing",
      },
    ],
    [
      "names that are there twice",
      { names: ["shop", "mail", { name: "shop", prefixLength: 64 }, "Mail", "ｓhop"] },
      {
        "names[2]": "shop is there twice: names[0] is the same",
        "names[3]": "Mail differs from names[1], mail, only in case or Unicode form",
        "names[4]": "ｓhop differs from names[0], shop, only in case or Unicode form",
      },
    ],
    [
      "lengths outside of the pool",
      {
        prefixLength: 59,
        names: [
          { name: "a", prefixLength: 129 },
          { name: "b", prefixLength: 48 },
        ],
      },
      {
        prefixLength: "is 59; blocks of 2001:db8:0:50::/60 have 60 to 128",
        "names[0].prefixLength": "must be a whole number from 0 to 128",
        "names[1].prefixLength": "is 48; blocks of 2001:db8:0:50::/60 have 60 to 128",
      },
    ],
    [
      "an IPv6 length in an IPv4 pool",
      { pool: "192.0.2.0/24", prefixLength: 64 },
      { prefixLength: "is 64; blocks of 192.0.2.0/24 have 24 to 32" },
    ],
    [
      "requests that cannot be had",
      {
        names: [
          { name: "outside", request: "2001:db8:0:60::1" },
          { name: "host-bits", request: "2001:db8:0:51::1/64" },
          { name: "reserved", request: "2001:db8:0:51::" },
        ],
      },
      { "names[1].request": "has host bits set" },
    ],
    [
      "requests that are outside, reserved, excluded, somebody's, or another's",
      {
        exclude: ["2001:db8:0:52::/64"],
        reserve: { router: "2001:db8:0:53::1" },
        names: [
          { name: "a", request: "2001:db8:0:60::1" },
          { name: "b", request: "2001:db8:0:51::" },
          { name: "c", request: "2001:db8:0:52::5" },
          { name: "d", request: "2001:db8:0:53::/64" },
          { name: "e", request: "2001:db8:0:54::/64" },
          { name: "f", request: "2001:db8:0:54::/63" },
          { name: "g", request: "2001:db8:0:56::/64", prefixLength: 63 },
        ],
      },
      {
        "names[0].request": "2001:db8:0:60::1 is not in the pool 2001:db8:0:50::/60",
        "names[1].request": "2001:db8:0:51:: is the Subnet-Router anycast address (RFC 4291 §2.6.1)",
        "names[2].request": "2001:db8:0:52::5 overlaps 2001:db8:0:52::/64: exclude leaves it out",
        "names[3].request": "2001:db8:0:53::/64 overlaps 2001:db8:0:53::1: reserve has it for router",
        "names[5].request": "2001:db8:0:54::/63 overlaps 2001:db8:0:54::/64: e asks for it",
        "names[6].request": "2001:db8:0:56::/64 has length 64 where 63 is asked for",
      },
    ],
    [
      "exclusions that are none",
      { exclude: ["192.0.2.1", "2001:db8:0:5f::-2001:db8:0:50::", "shop", 5, "2001:db8:0:5f::/56"] },
      {
        "exclude[0]": "is not in the pool 2001:db8:0:50::/60",
        "exclude[1]": "ends before it begins",
        "exclude[2]": "is not ADDRESS/LENGTH",
        "exclude[3]": "must be an address, a prefix or a range",
        "exclude[4]": "has host bits set",
      },
    ],
    ["an exclude that is no list", { exclude: "2001:db8:0:50::1" }, { exclude: "must be a list" }],
    [
      "reserve",
      { reserve: { router: "2001:db8::1", dns: 53 } },
      { "reserve.router": "is not in the pool", "reserve.dns": "must be an address, a prefix or a range" },
    ],
    ["a reserve that is no object", { reserve: ["2001:db8:0:50::1"] }, { reserve: "must be an object" }],
    [
      "a quarantine that is no duration",
      { quarantine: "1 day" },
      { quarantine: 'must be a duration such as "24h"' },
    ],
    ["a quarantine that is a number", { quarantine: 24 }, { quarantine: "must be a duration" }],
    [
      "a strategy that does not exist",
      { strategy: "stable" },
      { strategy: 'must be one of "keyed", "random", "nextFree", "sparse"' },
    ],
    [
      "sparse for single addresses",
      { strategy: "sparse", names: ["web1", { name: "web2", prefixLength: 64 }] },
      { "names[0].prefixLength": 'strategy "sparse" spreads blocks that can grow' },
    ],
    // By a path of its own: the engine prints what was given for `secret`.
    ["a secret that is none", { secret: "" }, { "secret.text": "must be a text that is not empty" }],
    [
      "a secret that nothing uses",
      { secret: "s3cret", strategy: "nextFree" },
      { "secret.text": "is for strategy" },
    ],
    [
      "names of properties",
      { Quarantine: "24h", count: 5 },
      { Quarantine: "did you mean quarantine?", count: "there are" },
    ],
  ])("refuses %s", (_what, change, said) => {
    const { failures, desired } = check(change);
    expect(desired).toBeUndefined();
    const found = Object.fromEntries(failures.map(({ property, reason }) => [property, reason]));
    const expected = Object.entries(said).map(([property, part]) => [
      property,
      expect.stringContaining(part),
    ]);
    expect(found).toEqual(Object.fromEntries(expected));
    expect(JSON.stringify(failures)).not.toContain("s3cret");
  });

  it.each<[string, Properties]>([
    ["the pool", { pool: unknown }],
    ["all names", { names: unknown }],
    ["a name", { names: ["web1", unknown] }],
    ["a name in an entry", { names: [{ name: unknown, prefixLength: 64 }] }],
    ["an exclusion", { exclude: [unknown] }],
    ["what is reserved", { reserve: { router: unknown } }],
    ["a quarantine", { quarantine: unknown }],
  ])("passes through what is not known yet: %s", (_what, change) => {
    const { inputs, failures, desired } = check(change);
    expect({ inputs, failures, desired }).toEqual({
      inputs: { pool, names: ["web1"], ...change },
      failures: [],
      desired: undefined,
    });
  });

  it("answers whatever a program, or an old state, gives", () => {
    const properties = [
      ...["pool", "names", "prefixLength", "strategy", "secret", "exclude", "reserve", "includeReserved"],
      ...["quarantine", "results", "released"],
    ];
    const anyText = fc.constantFrom(
      pool,
      "2001:db8:0:50::1",
      "24h",
      "keyed",
      "a",
      unknown,
      '{"a":"2001:db8::"}',
    );
    const anyValue = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      anyText,
      fc.array(anyText),
      fc.integer({ min: -1, max: 129 }),
    );
    const anyProgram = fc
      .dictionary(fc.constantFrom(...properties), anyValue)
      .map((given) => ({ pool, ...given }));
    let complete = 0;
    fc.assert(
      fc.property(anyProgram, anyProgram, (program, old) => {
        const { inputs, failures, desired } = check(program);
        if (failures.length > 0) expect(desired).toBeUndefined();
        if (!desired) return;
        complete++;
        const { outcome, problems } = foresee(old, inputs, desired);
        if (problems.length > 0) expect(outcome).toBeUndefined();
        // What is stored is read as the same again.
        expect(checkInputs(inputs)).toMatchObject({ inputs, failures: [] });
      }),
      { numRuns: 1000 },
    );
    expect(complete).toBeGreaterThan(50);
  });
});
