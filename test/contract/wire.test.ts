// The provider process as the engine talks to it (facts P15): built package, real gRPC, no engine.
import { createServer, type Server } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DynamicProvider } from "./dynamic-provider";
import { providerLiteral } from "./literal";

const diffNone = 1;
const diffSome = 2;

let provider: DynamicProvider;
let listener: Server;
let connections = 0;
let listeningPort = 0;

beforeAll(async () => {
  listener = createServer((socket) => {
    connections++;
    socket.destroy();
  });
  listeningPort = await listen(listener);
  provider = await DynamicProvider.start();
});
afterAll(async () => {
  await provider?.stop();
  listener?.close();
});

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("no port");
  return address.port;
}

/** A port that nobody listens on. */
async function findClosedPort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const inputs = (change: Record<string, unknown> = {}) => ({
  connection: { host: "127.0.0.1", port: listeningPort, user: "root", password: "sesame", dialErrorLimit: 1 },
  prefix: "2001:db8:100::/64",
  owner: "shop/dev/web",
  __provider: providerLiteral,
  ...change,
});
const outputs = inputs;

describe("Check", () => {
  it("answers with canonical inputs, and the literal as it came", async () => {
    const news = inputs({ prefix: "2001:DB8:0100::/64", table: 255 });
    const answer = await provider.check({}, news);
    expect(answer).toEqual({
      inputs: { ...news, prefix: "2001:db8:100::/64", table: "local" },
      failures: [],
    });
  });

  it("reports each failure by its property, dotted inside the connection", async () => {
    const connection = { host: "web1.example", password: "sesame", privateKeyPassword: "s3cret", port: 0 };
    const { failures } = await provider.check({}, inputs({ connection, prefix: "2001:db8::1/64" }));
    expect(failures).toEqual([
      { property: "connection.privateKeyPassword", reason: expect.stringContaining("neither privateKey") },
      { property: "connection.port", reason: expect.stringContaining("from 1 to 65535") },
      { property: "prefix", reason: expect.stringContaining("2001:db8::/64") },
    ]);
    expect(JSON.stringify(failures)).not.toMatch(/sesame|s3cret/);
  });

  it("tells the second of two resources that bind one route on one host, however they log in", async () => {
    const check = (owner: string, connection: object, change = {}) =>
      provider.check({}, inputs({ owner, connection, prefix: "2001:db8:77::/64", ...change }));
    const host = "web7.example";
    expect((await check("shop/dev/first", { host })).failures).toEqual([]);
    expect((await check("shop/dev/first", { host })).failures).toEqual([]);
    const second = await check("shop/dev/second", { host, user: "admin" });
    expect(second.failures).toEqual([
      {
        property: "prefix",
        reason: expect.stringMatching(/^is bound on the same host by shop\/dev\/first of/),
      },
    ]);
    expect((await check("shop/dev/second", { host, port: 2222 })).failures).toEqual([]);
    expect((await check("shop/dev/second", { host, proxy: { host: "jump.example" } })).failures).toEqual([]);
    expect((await check("shop/dev/second", { host }, { metric: 50 })).failures).toEqual([]);
  });

  it("passes through what is not known yet", async () => {
    const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
    const news = inputs({ prefix: unknown, connection: { host: unknown } });
    expect(await provider.check({}, news)).toEqual({ inputs: news, failures: [] });
  });
});

describe("Diff", () => {
  it.each<[string, Record<string, unknown>, object]>([
    ["nothing", {}, { changes: diffNone, replaces: [] }],
    [
      "connection.host, in a text",
      { connection: JSON.stringify({ ...inputs().connection, host: "web2.example" }) },
      { changes: diffSome, replaces: ["connection"] },
    ],
    ["the literal", { __provider: `${providerLiteral};` }, { changes: diffNone, replaces: [] }],
    ["prefix", { prefix: "2001:db8:200::/64" }, { changes: diffSome, replaces: ["prefix"] }],
    ["metric", { metric: 50 }, { changes: diffSome, replaces: ["metric"] }],
    ["device", { device: "eth0" }, { changes: diffSome, replaces: [] }],
    [
      "connection.user",
      { connection: { host: "127.0.0.1", user: "admin" } },
      { changes: diffSome, replaces: [] },
    ],
    [
      "connection.host",
      { connection: { host: "web2.example" } },
      { changes: diffSome, replaces: ["connection"] },
    ],
  ])("is explicit about a change of %s", async (_what, change, answer) => {
    expect(await provider.diff(outputs(), inputs(change))).toEqual({ ...answer, deleteBeforeReplace: false });
  });

  it("refuses a state of a newer version, and says so", async () => {
    await expect(provider.diff({ ...outputs(), stateVersion: 99 }, inputs())).rejects.toMatchObject({
      details: expect.stringMatching(/version 99.*install the pulumi-anyip that wrote it/),
    });
  });
});

describe("Check and Diff", () => {
  it("open no connection", async () => {
    for (let round = 0; round < 20; round++) {
      await provider.check(inputs(), inputs());
      await provider.diff(outputs(), inputs({ device: "eth0" }));
    }
    expect(connections).toBe(0);
  });
});

describe("Create against a host that is not there", () => {
  it("fails with a message that says what to do, records nothing, and the process lives on", async () => {
    const port = await findClosedPort();
    const connection = { host: "127.0.0.1", port, password: "sesame", dialErrorLimit: 1, perDialTimeout: 2 };
    const failure: unknown = await provider.create(inputs({ connection })).catch((error) => error);
    expect(failure).toMatchObject({ details: expect.stringContaining(`127.0.0.1:${port}`) });
    expect(failure).toMatchObject({ details: expect.stringMatching(/refused|unreachable|cannot/i) });
    expect(String(failure)).not.toContain("sesame");
    // Beside an id, the engine would take the failure for a resource that is half there.
    const metadata = Reflect.get(failure as object, "metadata");
    expect(metadata?.get("grpc-status-details-bin")).toEqual([]);
    expect(provider.process.exitCode).toBeNull();
    expect((await provider.check({}, inputs())).failures).toEqual([]);
  });
});
