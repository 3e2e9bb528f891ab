// AddressAllocation on the wire: what the class registers and derives, and the provider process as the engine talks to it.
import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AddressAllocation, type AddressAllocationArgs } from "../../sdk";
import { DynamicProvider } from "./dynamic-provider";
import { allocationLiteral } from "./literal";
import { mockEngine } from "./registrations";

const diffNone = 1;
const diffSome = 2;
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const pool = "2001:db8:100::/64";

describe("the class AddressAllocation", () => {
  const outputs = { prefix: "2001:db8:100::1:5/128", key: "shop.example", machineId: "-" };
  const registered = mockEngine(({ name, inputs }) => ({ id: name, state: { ...inputs, ...outputs } }));

  function allocate(more: Partial<AddressAllocationArgs> = {}): AddressAllocation {
    return new AddressAllocation("shop.example", { connection: { host: "h" }, pool, ...more });
  }

  it("registers the type token, the constant literal, its owner, and its secret as one", async () => {
    const site = allocate({ secret: "s3cret" });
    await new Promise((resolve) => site.urn.apply(resolve));
    expect(registered).toEqual([
      {
        type: "pulumi-nodejs:dynamic/anyip:AddressAllocation",
        inputs: {
          connection: '{"host":"h"}',
          pool,
          secret: {
            "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
            value: "s3cret",
          },
          owner: "shop/dev/shop.example",
          __provider: allocationLiteral,
        },
        source: expect.stringMatching(/address-allocation\.test\.ts$/),
      },
    ]);
  });

  it("derives the address, its place in the pool and its names from the prefix", async () => {
    const { address, offset, reverseName, family, key } = allocate();
    const derived = pulumi.all({ address, offset, reverseName, family, key });
    expect(await new Promise((resolve) => derived.apply(resolve))).toEqual({
      address: "2001:db8:100::1:5",
      offset: "65541",
      reverseName: "5.0.0.0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1.0.8.b.d.0.1.0.0.2.ip6.arpa",
      family: "ipv6",
      key: "shop.example",
    });
  });
});

describe("the provider process", () => {
  let provider: DynamicProvider;
  beforeAll(async () => {
    provider = await DynamicProvider.start();
  });
  afterAll(() => provider?.stop());

  let count = 0;
  const program = (change: Record<string, unknown> = {}) => ({
    connection: { host: "web1.example" },
    pool,
    owner: `shop/dev/site-${++count}`,
    __provider: allocationLiteral,
    ...change,
  });

  it("shows in Check the prefix that nothing else has a say in, to what is new alone", async () => {
    const asked = program({ request: "2001:DB8:100::5" });
    const { inputs } = await provider.check({}, asked);
    expect(inputs).toEqual({ ...asked, request: "2001:db8:100::5", prefix: "2001:db8:100::5/128" });
    const again = await provider.check(inputs ?? {}, asked);
    expect(again.inputs).toEqual(inputs);
    const later = program();
    const before = (await provider.check({}, later)).inputs ?? {};
    expect(before).not.toHaveProperty("prefix");
    const pinned = await provider.check(before, { ...later, onCollision: "fail" });
    expect(pinned.inputs).not.toHaveProperty("prefix");
  });

  it("tells two that ask for the same key, and the second alone", async () => {
    const [one, two] = [program({ key: "shop" }), program({ key: "shop" })];
    expect((await provider.check({}, one)).failures).toEqual([]);
    expect((await provider.check({}, two)).failures).toEqual([
      {
        property: "key",
        reason: expect.stringContaining(`is "shop" for ${one.owner} of this program already`),
      },
    ]);
    expect((await provider.check({}, program({ key: "shop", pool: "2001:db8:200::/64" }))).failures).toEqual(
      [],
    );
    expect((await provider.check({}, program({ key: "shop", prefixLength: 80 }))).failures).toEqual([]);
    expect((await provider.check({}, one)).failures).toEqual([]);
  });

  it("passes through what is not known yet", async () => {
    const news = program({ pool: unknown, exclude: [unknown] });
    expect(await provider.check({}, news)).toEqual({ inputs: news, failures: [] });
  });

  it.each<[string, Record<string, unknown>, object]>([
    ["nothing", {}, { changes: diffNone, replaces: [] }],
    ["the strategy", { strategy: "random" }, { changes: diffSome, replaces: [] }],
    ["the key", { key: "b" }, { changes: diffSome, replaces: ["key"] }],
    ["a pool that is not known yet", { pool: unknown }, { changes: diffSome, replaces: ["pool"] }],
  ])("is explicit about a change of %s", async (_what, change, answer) => {
    const recorded = program({ prefix: "2001:db8:100::5/128", key: "a" });
    expect(await provider.diff(recorded, { ...recorded, ...change })).toEqual({
      ...answer,
      deleteBeforeReplace: false,
    });
  });
});
