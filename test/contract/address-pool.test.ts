// AddressPool on the wire: what the class registers, and the provider process as the engine talks to it.
import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AddressPool } from "../../sdk";
import { DynamicProvider } from "./dynamic-provider";
import { poolLiteral } from "./literal";
import { mockEngine } from "./registrations";

const diffNone = 1;
const diffSome = 2;
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

describe("the class AddressPool", () => {
  const results = { shop: "2001:db8:100::5", constructor: "2001:db8:100::6" };
  const registered = mockEngine(({ name, inputs }) => ({
    id: name,
    state: { ...inputs, results: JSON.stringify(results) },
  }));

  it("registers the type token, the constant literal, its inputs as they are, and its secret as one", async () => {
    const names = ["shop", pulumi.output("mail"), { name: "lab", prefixLength: 112 }];
    const pool = new AddressPool("sites", { pool: "2001:db8:100::/64", names, secret: "s3cret" });
    await new Promise((resolve) => pool.urn.apply(resolve));
    const secret = {
      "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
      value: "s3cret",
    };
    expect(registered).toEqual([
      {
        type: "pulumi-nodejs:dynamic/anyip:AddressPool",
        inputs: {
          pool: "2001:db8:100::/64",
          names: ["shop", "mail", { name: "lab", prefixLength: 112 }],
          secret,
          __provider: poolLiteral,
        },
      },
    ]);
  });

  it("has results by name, and says what one name has", async () => {
    const pool = new AddressPool("sites", { pool: "2001:db8:100::/64", names: ["shop"] });
    expect(await new Promise((resolve) => pool.results.apply(resolve))).toEqual(results);
    const resolved = (name: string) => new Promise((resolve) => pool.resultOf(name).apply(resolve));
    expect(await resolved("shop")).toBe("2001:db8:100::5");
    expect(await resolved("constructor")).toBe("2001:db8:100::6");
  });
});

describe("the provider process", () => {
  let provider: DynamicProvider;
  beforeAll(async () => {
    provider = await DynamicProvider.start();
  });
  afterAll(() => provider?.stop());

  const program = (change: Record<string, unknown> = {}) => ({
    pool: "2001:0DB8:100::/64",
    names: ["shop", "mail"],
    secret: "s3cret",
    __provider: poolLiteral,
    ...change,
  });
  const results = expect.stringMatching(
    /^{"mail":"2001:db8:100:0:[0-9a-f:]+","shop":"2001:db8:100:0:[0-9a-f:]+"}$/,
  );

  it("foresees in Check what Create gives", async () => {
    const { inputs, failures } = await provider.check({}, program());
    expect(failures).toEqual([]);
    const outcome = {
      results,
      total: "18446744073709551616",
      used: "2",
      free: "18446744073709551614",
      largestFreePrefix: expect.stringMatching(/^2001:db8:100:.*\/6[45678]$/),
      released: [],
    };
    expect(inputs).toEqual(program({ pool: "2001:db8:100::/64", names: ["mail", "shop"], ...outcome }));
    const created = await provider.create(inputs ?? {});
    expect(created.getId()).toMatch(/^pool-[0-9a-f]{20}$/);
    expect(created.getProperties()?.toJavaScript()).toEqual(inputs);
  });

  it("reports each failure by its path, and never the secret", async () => {
    const news = program({ names: ["shop", "Shop"], strategy: "nextFree" });
    const { failures } = await provider.check({}, news);
    expect(failures).toEqual([
      { property: "secret.text", reason: expect.stringContaining('for strategy "keyed" only') },
      { property: "names[1]", reason: expect.stringContaining("only in case or Unicode form") },
    ]);
    expect(JSON.stringify(failures)).not.toContain("s3cret");
  });

  it("passes through what is not known yet", async () => {
    const news = program({ pool: unknown, names: [unknown, "shop"] });
    expect(await provider.check({}, news)).toEqual({ inputs: news, failures: [] });
  });

  const recorded = program({
    pool: "2001:db8:100::/64",
    names: ["mail", "shop"],
    results: '{"shop":"2001:db8:100::5"}',
  });

  it.each<[string, Record<string, unknown>, object]>([
    ["nothing", {}, { changes: diffNone, replaces: [] }],
    ["what is foreseen", { results: '{"shop":"2001:db8:100::6"}' }, { changes: diffNone, replaces: [] }],
    ["the names", { names: ["shop"] }, { changes: diffSome, replaces: [] }],
    ["the secret", { secret: "another" }, { changes: diffSome, replaces: [] }],
    ["a pool that holds what names have", { pool: "2001:db8:100::/48" }, { changes: diffSome, replaces: [] }],
    ["a pool that does not", { pool: "2001:db8:200::/64" }, { changes: diffSome, replaces: ["pool"] }],
    ["a pool that is not known yet", { pool: unknown }, { changes: diffSome, replaces: ["pool"] }],
    ["names that are not known yet", { names: unknown }, { changes: diffSome, replaces: [] }],
  ])("is explicit about a change of %s", async (_what, change, answer) => {
    expect(await provider.diff(recorded, { ...recorded, ...change })).toEqual({
      ...answer,
      deleteBeforeReplace: false,
    });
  });

  it("fails a Create with figures and a code", async () => {
    const names = ["a", "b", "c"];
    const failure = await provider
      .create(program({ pool: "192.0.2.0/30", names }))
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({
      details: expect.stringMatching(
        /192\.0\.2\.0\/30 has no free address: total 4, used 2.*\(POOL_EXHAUSTED\)$/,
      ),
    });
  });
});
