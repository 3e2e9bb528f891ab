// What an AnyIPRoute does on a host of busybox alone, whose `ip` does not say the protocol of a route.
import { existsSync, readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createSandbox, type Host, type Sandbox } from "../../../sandbox";
import { expectNothingLeft } from "../../support/host-processes";
import { EngineRun } from "../../support/route-provider";
import { connectionInputs } from "../../support/sandbox-connection";

const directory = "/run/pulumi-anyip";
let sandbox: Sandbox;
let machine: Host;
let before: string;
beforeAll(async () => {
  sandbox = await createSandbox({ hosts: [{ name: "small", flavour: "busybox" }] });
  machine = sandbox.host("small");
});
afterAll(() => sandbox?.close());
beforeEach(async () => {
  before = await machine.routes();
});
afterEach(async () => {
  expect(await machine.routes()).toBe(before);
  await expectNothingLeft(machine, "success");
  expect(existsSync(machine.path(directory))).toBe(false);
});

const argsFor = (prefix: string, more = {}) => ({
  connection: connectionInputs(sandbox, machine),
  prefix,
  ...more,
});

describe.each([
  ["ipv4", "198.51.100.0/24", "metric-0"],
  ["ipv6", "2001:db8:7::/64", "metric-1024"],
])("a route (%s)", (family, prefix, metric) => {
  const flag = family === "ipv4" ? "-4" : "-6";
  const protocolNow = async () =>
    new RegExp(`^2 ${prefix} dev lo table 255 proto ([0-9]+) `, "m").exec(await machine.routes())?.[1];
  const addByHand = () =>
    machine.runIp([flag, "route", "add", "local", prefix, "dev", "lo", "table", "local", "proto", "4"]);
  const clear = () => machine.runIp([flag, "route", "flush", "table", "local", "exact", prefix]);

  it("made by hand is adopted, and left as found", async () => {
    await addByHand();
    const found = await machine.routes();
    const adopted = await new EngineRun().create(argsFor(prefix));
    expect(adopted.outputs).toMatchObject({ origin: "adopted" });
    expect(adopted.outputs).not.toHaveProperty("found");
    const run = new EngineRun();
    expect(await run.read(adopted)).toEqual(adopted);
    expect(await run.preview(adopted, argsFor(prefix))).toBe("same");
    await run.delete(adopted);
    expect(await machine.routes()).toBe(found);
    await clear();
  });

  it("made by hand is taken over, with a protocol that is known from then on, and deleted", async () => {
    await addByHand();
    const taken = await new EngineRun().create(argsFor(prefix, { onExisting: "takeOver" }));
    expect(taken.outputs).not.toHaveProperty("origin");
    expect(await protocolNow()).toBe("177");
    await new EngineRun().delete(taken);
  });

  it("made by hand is a failure where that is asked for", async () => {
    await addByHand();
    const created = new EngineRun().create(argsFor(prefix, { onExisting: "fail" }));
    await expect(created).rejects.toMatchObject({
      code: "ROUTE_CONFLICT",
      message: expect.stringContaining(`\`local ${prefix} dev lo table 255 ${metric.replace("-", " ")}\``),
    });
    await clear();
  });

  it("changes its protocol, source and device in place", async () => {
    const run = new EngineRun();
    let resource = await run.create(argsFor(prefix));
    const source = family === "ipv4" ? machine.address : machine.address6;
    for (const change of [{ protocol: 99 }, { device: "eth0", source, protocol: 99 }, {}]) {
      expect(await run.preview(resource, argsFor(prefix, change))).toBe("update");
      resource = await run.update(resource, argsFor(prefix, change));
      if (!("device" in change)) expect(await protocolNow()).toBe(String(change.protocol ?? 177));
      expect(await new EngineRun().read(resource)).toEqual(resource);
    }
    await run.delete(resource);
  });

  it("of a run that died is completed by the next, which deletes it by its protocol", async () => {
    const args = argsFor(prefix, { protocol: 99, onExisting: "fail" });
    await new EngineRun().create(args);
    const again = await new EngineRun().create(args);
    const record = readFileSync(
      machine.path(`${directory}/routes/${prefix.replace("/", "_")}-table-255-${metric}`),
      "utf8",
    );
    expect(record).toContain(`token ${again.id}\n`);
    expect(record).toContain(" proto 99 ");
    await new EngineRun().delete(again);
  });

  it("that somebody has put in the place of ours, with another protocol, is not deleted", async () => {
    const created = await new EngineRun().create(argsFor(prefix));
    await clear();
    await addByHand();
    const found = await machine.routes();
    await new EngineRun().delete(created);
    expect(await machine.routes()).toBe(found);
    await clear();
  });
});

it("many records are read and removed, and one that is none is refused", async () => {
  const run = new EngineRun();
  const prefixes = Array.from({ length: 40 }, (_, index) => `198.51.100.${index}/32`);
  const made = await Promise.all(
    prefixes.map((prefix, index) => run.create(argsFor(prefix, { owner: `shop/dev/site-${index}` }))),
  );
  const path = `${directory}/routes/198.51.100.0_32-table-255-metric-0`;
  await machine.execOrThrow(["sh", "-c", `mv ${path} /run/kept; mkdir ${path}`]);
  const [first] = made;
  if (!first) throw new Error("nothing was made");
  await expect(new EngineRun().delete(first)).rejects.toMatchObject({
    code: "RECORD_UNREADABLE",
    message: expect.stringMatching(/no plain file/),
  });
  await machine.execOrThrow(["sh", "-c", `rmdir ${path}; mv /run/kept ${path}`]);
  const end = new EngineRun();
  await Promise.all(made.map((each) => end.delete(each)));
});

describe("a prefix is refused", () => {
  const neighbor = () => machine.address.replace(/\.[0-9]+$/, ".9");
  it.each<[string, () => string, RegExp]>([
    ["for the client", () => `${sandbox.addresses.machine4}/32`, /from which this SSH login comes/],
    ["for a gateway", () => `${sandbox.addresses.peer4}/32`, /a gateway on eth0/],
    ["for a nameserver", () => "2001:db8:53::/64", /a nameserver/],
    ["for a neighbour", () => `${neighbor()}/32`, /another host on eth0/],
    ["for being on-link", () => sandbox.addresses.spare6.replace("/65", "/80"), /which is on-link on eth0/],
  ])("%s", async (_reason, prefix, message) => {
    await machine.runIp(["neigh", "replace", neighbor(), "lladdr", "02:00:00:00:00:09", "dev", "eth0"]);
    await machine.execOrThrow(["sh", "-c", "echo nameserver 2001:db8:53::53 >>/etc/resolv.conf"]);
    await expect(new EngineRun().create(argsFor(prefix()))).rejects.toMatchObject({
      code: expect.stringMatching(/^(LOCKOUT_RISK|PREFIX_ON_LINK)$/),
      message: expect.stringMatching(message),
    });
  });

  it("but not in a table that only some packets are looked up in", async () => {
    const rules = ["rule add fwmark 1 lookup 100", "rule add from all lookup 101"];
    await machine.configureNetwork(rules);
    const prefix = `${sandbox.addresses.peer4}/32`;
    await expect(new EngineRun().create(argsFor(prefix, { table: 101 }))).rejects.toMatchObject({
      code: "LOCKOUT_RISK",
    });
    const created = await new EngineRun().create(argsFor(prefix, { table: 100 }));
    await new EngineRun().delete(created);
    await machine.configureNetwork(rules.map((rule) => rule.replace("add", "del")));
  });
});
