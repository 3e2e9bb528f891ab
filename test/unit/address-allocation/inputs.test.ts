// What an AddressAllocation may be asked for, what is said of all else, and what a preview shows.
import { describe, expect, it } from "vitest";
import { checkInputs } from "../../../provider/address-allocation/inputs";
import { requireDesired, validInputs } from "./valid-inputs";

const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const check = (change: object) => checkInputs({ ...validInputs, ...change });

describe("checkInputs", () => {
  it("fills in what is usual", () => {
    const { choice, options } = requireDesired(validInputs);
    expect(choice).toMatchObject({
      length: 128,
      strategy: "keyed",
      key: "shop.example",
      onCollision: "next",
      keptOut: [],
      includeReserved: false,
      quarantineSeconds: 0,
    });
    expect(options.route).toEqual({ family: "ipv6", device: "lo", table: 255, metric: 1024, protocol: 177 });
  });

  it.each([
    [{ pool: "2001:DB8:100:0::/64" }, { pool: "2001:db8:100::/64" }],
    [{ request: "2001:DB8:100:0::5" }, { request: "2001:db8:100::5", prefix: "2001:db8:100::5/128" }],
    [{ request: "2001:db8:100::5/128" }, { request: "2001:db8:100::5" }],
    [
      { pool: "192.0.2.0/24", prefixLength: 28, request: "192.0.2.32/28" },
      { pool: "192.0.2.0/24", request: "192.0.2.32/28", prefix: "192.0.2.32/28" },
    ],
  ])("gives %j its canonical form", (change, canonical) => {
    expect(check(change)).toMatchObject({ failures: [], inputs: canonical });
  });

  it.each<[object, string, RegExp]>([
    [{ pool: undefined }, "pool", /is missing; give one such as 2001:db8:100::\/64/],
    [{ pool: 7 }, "pool", /must be a text/],
    [{ pool: "2001:db8:100::1/64" }, "pool", /has host bits set/],
    [{ pool: "fe80::/64" }, "pool", /link-local/],
    [{ pool: "::/0" }, "pool", /every address of its family/],
    [{ prefixLength: 63 }, "prefixLength", /is 63; blocks of 2001:db8:100::\/64 have 64 to 128/],
    [{ prefixLength: 129 }, "prefixLength", /whole number from 0 to 128/],
    [{ strategy: "sparse" }, "strategy", /must be one of "keyed", "random", "nextFree"/],
    [{ key: "" }, "key", /is empty/],
    [{ key: "a\nend" }, "key", /control characters/],
    [{ key: "e\u0301" }, "key", /normal form C/],
    [{ key: "x".repeat(256) }, "key", /256 bytes in UTF-8; 255 are possible/],
    [{ key: 7 }, "key", /must be a text/],
    [
      { owner: `shop/dev/${"x".repeat(256)}` },
      "key",
      /is the resource's name unless it is given, and this one has 256 bytes/,
    ],
    [{ secret: "" }, "secret.text", /not empty/],
    [{ secret: "s", strategy: "random" }, "secret.text", /for strategy "keyed" only/],
    [{ request: "2001:db8:200::1" }, "request", /is not in the pool/],
    [{ request: "2001:db8:100::/80" }, "request", /has length 80 where 128 is asked for/],
    [{ request: "2001:db8:100::" }, "request", /Subnet-Router anycast/],
    [
      { request: "2001:db8:100::5", exclude: ["2001:db8:100::/120"] },
      "request",
      /overlaps .*: exclude leaves it out/,
    ],
    [{ request: "2001:db8:100::5", strategy: "keyed" }, "request", /and strategy "keyed" exclude each other/],
    [{ request: "nonsense" }, "request", /ADDRESS\/LENGTH/],
    [{ request: "2001:db8:100::5", onCollision: "fail" }, "onCollision", /for strategy "keyed" only/],
    [{ strategy: "random", onCollision: "next" }, "onCollision", /for strategy "keyed" only/],
    [{ exclude: "2001:db8:100::5" }, "exclude", /must be a list/],
    [{ exclude: ["2001:db8:200::5"] }, "exclude[0]", /is not in the pool/],
    [{ exclude: ["2001:db8:100::9-2001:db8:100::5"] }, "exclude[0]", /ends before it begins/],
    [{ includeReserved: "yes" }, "includeReserved", /must be true or false/],
    [{ quarantine: "soon" }, "quarantine", /must be a duration such as "24h"/],
    [{ quarantine: 5 }, "quarantine", /must be a duration such as "24h"/],
    [{ prefix: "2001:db8:100::/64", source: "192.0.2.1" }, "source", /is IPv4 but prefix is IPv6/],
    [{ nextfree: true }, "nextfree", /is not a property here/],
  ])("says what is wrong with %j", (change, property, words) => {
    const { failures, desired } = check(change);
    expect(failures).toEqual([{ property, reason: expect.stringMatching(words) }]);
    expect(desired).toBeUndefined();
  });

  it.each(["pool", "key", "request", "secret", "exclude", "quarantine", "connection"])(
    "passes on what is not known yet: %s",
    (name) => {
      const { failures, desired, inputs } = check({ [name]: unknown });
      expect({ failures, desired }).toEqual({ failures: [], desired: undefined });
      expect(inputs).not.toHaveProperty("prefix");
    },
  );
});

describe("a preview shows the prefix", () => {
  it("that is requested, and the place of a key that has no other", () => {
    expect(check({ request: "2001:db8:100::5" }).inputs.prefix).toBe("2001:db8:100::5/128");
    const first = check({ onCollision: "fail" }).inputs.prefix;
    expect(check({ onCollision: "fail" }).inputs.prefix).toBe(first);
    expect(check({ onCollision: "fail", key: "blog.example" }).inputs.prefix).not.toBe(first);
    expect(check({ onCollision: "fail", secret: "s" }).inputs.prefix).not.toBe(first);
  });

  it.each([{}, { onCollision: "next" }, { strategy: "random" }, { strategy: "nextFree" }])(
    "unless the host has a say in it: %j",
    (change) => {
      expect(check(change).inputs).not.toHaveProperty("prefix");
    },
  );
});
