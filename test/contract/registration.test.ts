// What the AnyIPRoute class registers, seen by the SDK's own mocks.
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { decodeState } from "../../provider/anyip-route/state";
import { persistChoices } from "../../provider/managed-route/persistence";
import { AnyIPRoute, type ConnectionArgs } from "../../sdk";
import { providerLiteral } from "./literal";
import { mockEngine, type Registration } from "./registrations";

// sdk/go/common/resource/sig of pulumi/pulumi: how a secret looks on the wire.
const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

const registered = mockEngine(({ name, inputs }) => ({
  id: `${name}-id`,
  state: { ...inputs, ...(name === "adopted" ? { origin: "adopted" } : {}) },
}));

function resolveOutput<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => output.apply(resolve));
}

async function register(connection: pulumi.Input<ConnectionArgs>): Promise<Registration> {
  const route = new AnyIPRoute("web", { connection, prefix: "2001:db8:100::/64" });
  await resolveOutput(route.urn);
  const [args] = registered;
  if (!args) throw new Error("nothing was registered");
  return args;
}

const secret = (value: unknown) => ({ [signatureKey]: secretSignature, value });

describe("AnyIPRoute registers", () => {
  it("the type token, the constant literal and its owner", async () => {
    const { type, inputs } = await register({ host: "web1.example" });
    expect(type).toBe("pulumi-nodejs:dynamic/anyip:AnyIPRoute");
    expect(inputs).toEqual({
      connection: '{"host":"web1.example"}',
      prefix: "2001:db8:100::/64",
      owner: "shop/dev/web",
      __provider: providerLiteral,
    });
  });

  it("the line of the program that makes it, not one of the package's own", async () => {
    const { source } = await register({ host: "web1.example" });
    expect(source).toMatch(/registration\.test\.ts$/);
  });

  it.each<[string, ConnectionArgs]>([
    ["a jump host", { host: "h", port: 2222, proxy: { host: "j" }, knownHosts: ["/a", "/b"] }],
    [
      "an undefined property, as JavaScript may have it",
      { host: "h", user: undefined } as object as ConnectionArgs,
    ],
  ])("a connection of plain values that are no secrets as one text: %s", async (_what, connection) => {
    const { inputs } = await register(connection);
    expect(inputs.connection).toBe(JSON.stringify(connection));
  });

  it.each<[string, pulumi.Input<ConnectionArgs>, unknown]>([
    ["an output in it", { host: pulumi.output("h") }, { host: "h" }],
    ["an output as a whole", pulumi.output({ host: "h" }), { host: "h" }],
    ["a promise in it", { host: Promise.resolve("h") }, { host: "h" }],
    [
      "an output in the jump host",
      { host: "h", proxy: { host: pulumi.output("j") } },
      { host: "h", proxy: { host: "j" } },
    ],
    ["an output that is secret", { host: pulumi.secret("h") }, { host: secret("h") }],
    [
      "a number that JSON has not",
      { host: "h", port: Number.POSITIVE_INFINITY },
      { host: "h", port: Number.POSITIVE_INFINITY },
    ],
  ])("a connection that only the engine can read as an object: %s", async (_what, connection, expected) => {
    const { inputs } = await register(connection);
    expect(inputs.connection).toEqual(expected);
  });

  it("a connection that is none as it is", async () => {
    const { inputs } = await register("web1.example" as unknown as ConnectionArgs);
    expect(inputs.connection).toBe("web1.example");
  });

  const hop = { host: "h", password: "p1", privateKey: "p2", privateKeyPassword: "p3", user: "u" };
  const protectedHop = {
    host: "h",
    password: secret("p1"),
    privateKey: secret("p2"),
    privateKeyPassword: secret("p3"),
    user: "u",
  };

  // What holds a secret and is only known later is secret as a whole.
  it.each<[string, pulumi.Input<ConnectionArgs>, object]>([
    ["plain", hop, protectedHop],
    ["an output", pulumi.output(hop), secret(hop)],
    ["a promise", Promise.resolve(hop), secret(hop)],
    [
      "with sudo's password",
      { host: "h", privilegePassword: "p4" },
      { host: "h", privilegePassword: secret("p4") },
    ],
    ["with a proxy", { ...hop, proxy: hop }, { ...protectedHop, proxy: protectedHop }],
    [
      "with a list of proxies",
      { ...hop, proxy: [hop, pulumi.output(hop)] },
      { ...protectedHop, proxy: [protectedHop, secret(hop)] },
    ],
    [
      "with proxies in an output",
      { ...hop, proxy: pulumi.output([hop]) },
      { ...protectedHop, proxy: secret([hop]) },
    ],
    [
      "with a password in an output",
      { host: "h", password: pulumi.output("p1") },
      { host: "h", password: secret("p1") },
    ],
  ])("what is secret in a connection as secret: %s", async (_what, connection, expected) => {
    const { inputs } = await register(connection);
    expect(inputs.connection).toEqual(expected);
  });
});

describe("AnyIPRoute presents", () => {
  it.each<[string, ConnectionArgs]>([
    ["registered as text", { host: "h", port: 2222 }],
    ["registered as an object", { host: "h", password: "p1" }],
  ])("the connection as it was given: %s", async (_what, connection) => {
    const route = new AnyIPRoute("presented", { connection, prefix: "192.0.2.0/24" });
    expect(await resolveOutput(route.connection)).toEqual(connection);
    expect(await pulumi.isSecret(route.connection)).toBe("password" in connection);
  });

  it("its origin, which is only recorded where it is adopted", async () => {
    const args = { connection: { host: "h" }, prefix: "192.0.2.0/24" };
    expect(await resolveOutput(new AnyIPRoute("presented", args).origin)).toBe("created");
    expect(await resolveOutput(new AnyIPRoute("adopted", args).origin)).toBe("adopted");
  });

  it.each([undefined, ...persistChoices])("by what it persists, as a state means it: %s", async (persist) => {
    const given = persist === undefined ? {} : { persist };
    const args = { connection: { host: "h" }, prefix: "192.0.2.0/24", ...given };
    const { persistence } = decodeState({ ...args, owner: "shop/dev/presented" });
    expect(await resolveOutput(new AnyIPRoute("presented", args).persistence)).toBe(persistence);
  });
});

describe("AnyIPRoute derives", () => {
  it.each([
    {
      prefix: "2001:db8:100::/64",
      family: "ipv6",
      firstAddress: "2001:db8:100::",
      lastAddress: "2001:db8:100:0:ffff:ffff:ffff:ffff",
      addressCount: "18446744073709551616",
      reverseZone: "0.0.0.0.0.0.1.0.8.b.d.0.1.0.0.2.ip6.arpa",
    },
    {
      prefix: "192.0.2.128/25",
      family: "ipv4",
      firstAddress: "192.0.2.128",
      lastAddress: "192.0.2.255",
      addressCount: "128",
      reverseZone: "2.0.192.in-addr.arpa",
    },
    {
      prefix: "2001:db8::1/128",
      family: "ipv6",
      firstAddress: "2001:db8::1",
      lastAddress: "2001:db8::1",
      addressCount: "1",
      reverseZone: "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
    },
  ])("from $prefix", async ({ prefix, ...expected }) => {
    const route = new AnyIPRoute("derived", { connection: { host: "h" }, prefix });
    const { family, firstAddress, lastAddress, addressCount, reverseZone } = route;
    const derived = pulumi.all({ family, firstAddress, lastAddress, addressCount, reverseZone });
    expect(await resolveOutput(derived)).toEqual(expected);
  });
});
