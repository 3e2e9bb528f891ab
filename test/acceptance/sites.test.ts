// The life of examples/sites by the real CLI, and what a change of each property of an AddressAllocation does.
import { readdirSync, rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSandbox, type Host, type Sandbox } from "../../sandbox";
import { fingerprintHost } from "../support/fingerprint-host";
import { expectNothingLeft } from "../support/host-processes";
import { expectPreviewed, type PropertyChange } from "../support/property-changes";
import { AllocationsProject } from "../support/pulumi-allocations";
import { configureFor, openExample } from "../support/pulumi-examples";
import type { PulumiProject, StateResource } from "../support/pulumi-project";
import { connectTo, type RouteArgs } from "../support/pulumi-routes";

const records = "/etc/pulumi-anyip/routes";

describe("the example sites", () => {
  const prefix = "2001:db8:100::/64";
  const names = ["shop.example", "blog.example", "wiki.example"];
  let sandbox: Sandbox;
  let host: Host;
  let project: PulumiProject;
  let untouched: string;
  let bound: string;
  let addresses: Record<string, string>;

  beforeAll(async () => {
    sandbox = await createSandbox({ hosts: [{ name: "web1", flavour: "systemd" }] });
    host = sandbox.host("web1");
    untouched = await fingerprintHost(host);
    project = await openExample("sites", { config: configureFor(sandbox, host) });
  });
  afterAll(async () => {
    project?.close();
    await sandbox?.close();
  });

  const readAddresses = async () => (await project.outputs()).addresses as Record<string, string>;
  const opsOf = async () =>
    Object.fromEntries(
      Object.entries(await project.preview()).map(([name, steps]) => [name, steps.map(({ op }) => op)]),
    );
  /** What the state says of drift, by the resource's name. */
  const readFound = async () => {
    const { resources = [] } = (await project.export()).deployment;
    const drifted = resources.filter(({ outputs }) => outputs?.found !== undefined);
    return Object.fromEntries(drifted.map(({ urn, outputs }) => [urn.replace(/^.*::/, ""), outputs?.found]));
  };

  it("gives each site an address of its own, by one route and a record for each", async () => {
    await project.up();
    bound = await host.routes();
    addresses = await readAddresses();
    expect(Object.keys(addresses).sort()).toEqual([...names].sort());
    expect(new Set(Object.values(addresses)).size).toBe(3);
    expect(bound.match(/ proto 177 /g)).toHaveLength(1);
    const wanted = [prefix, ...Object.values(addresses).map((address) => `${address}/128`)];
    expect(listRecords(host)).toEqual(wanted.map(nameRecord).sort());

    await sandbox.peer.routeVia(prefix, host);
    for (const address of Object.values(addresses))
      expect(await sandbox.peer.ping(address), address).toBe(true);
  });

  it("finds nothing to do the next time, without a connection", async () => {
    const before = host.counters();
    await project.previewNoChanges();
    await project.up("--expect-no-changes");
    expect(host.counters()).toEqual(before);
  });

  it("sees that a site's record was removed by hand, and writes it again", async () => {
    rmSync(host.path(`${records}/${nameRecord(`${addresses["blog.example"]}/128`)}`));
    const before = listRecords(host);
    await project.refresh();
    expect(await readFound()).toEqual({ "blog.example": { record: "missing" } });
    expect(await opsOf()).toEqual({ "blog.example": ["update"] });
    await project.up();
    expect(listRecords(host)).toHaveLength(before.length + 1);
    await expectRepaired();
  });

  it("sees that the route for all of them was removed by hand, and makes it again", async () => {
    await host.configureNetwork([`route del local ${prefix} dev lo table local`]);
    await project.refresh();
    const ofAll = (value: unknown) => Object.fromEntries(["pool", ...names].map((name) => [name, value]));
    expect(await readFound()).toEqual(ofAll({ route: "missing" }));
    expect(await opsOf()).toEqual(ofAll(["update"]));
    await project.up();
    await expectRepaired();
  });

  async function expectRepaired() {
    expect(await host.routes()).toBe(bound);
    expect(await readAddresses()).toEqual(addresses);
    expect(await readFound()).toEqual({});
    await project.refresh("--expect-no-changes");
    await project.previewNoChanges();
  }

  it("keeps the others' addresses when a site comes and another goes", async () => {
    const { "blog.example": _gone, ...staying } = addresses;
    const config = configureFor(sandbox, host);
    project.configure({ ...config, sites: ["new.example", "wiki.example", "shop.example"] });
    expect(await opsOf()).toEqual({ "new.example": ["create"], "blog.example": ["delete"] });
    await project.up();
    const now = await readAddresses();
    expect(now).toEqual({ ...staying, "new.example": expect.any(String) });
    expect(listRecords(host)).toEqual(
      [prefix, ...Object.values(now).map((address) => `${address}/128`)].map(nameRecord).sort(),
    );
  });

  it("leaves the host as it was found, byte for byte", async () => {
    await project.destroy();
    await expectNothingLeft(host, "success");
    expect(await fingerprintHost(host)).toBe(untouched);
    expect(await project.allocations()).toEqual({});
  });
});

interface Change extends PropertyChange {
  readonly before?: RouteArgs;
  readonly after: RouteArgs;
  /** What is chosen afterwards; default, what was chosen before. */
  readonly prefix?: unknown;
}

describe("a change of one property", () => {
  let sandbox: Sandbox;
  let project: AllocationsProject;
  let web1: Host;
  let web2: Host;

  beforeAll(async () => {
    sandbox = await createSandbox({ hosts: [{ name: "web1", flavour: "systemd" }, { name: "web2" }] });
    web1 = sandbox.host("web1");
    web2 = sandbox.host("web2");
    project = await AllocationsProject.create();
  });
  afterAll(async () => {
    project?.close();
    await sandbox?.close();
  });

  it("updates or replaces, as the documentation of AddressAllocationArgs says", async () => {
    const connection = connectTo(sandbox, web1);
    const secret = "what only this test knows";
    const changes: readonly Change[] = [
      { property: "pool, which still holds it", after: { pool: "2001:db8::/56" }, op: "update" },
      {
        property: "pool",
        before: { request: "2001:db8:0:1::77" },
        after: { pool: "2001:db8:2::/64", request: undefined },
        op: "replace",
        expected: "dev lo table 255 proto 177",
        prefix: expect.stringMatching(/^2001:db8:2:0:.*\/128$/),
      },
      {
        property: "key",
        before: { key: "one" },
        after: { key: "other" },
        op: "replace",
        expected: "dev lo table 255 proto 177",
        prefix: expect.stringMatching(/\/128$/),
      },
      {
        property: "prefixLength",
        after: { prefixLength: 80 },
        op: "replace",
        expected: "/80 dev lo table 255 proto 177",
        prefix: expect.stringMatching(/\/80$/),
      },
      {
        property: "request",
        after: { request: "2001:db8:0:1::5" },
        op: "replace",
        expected: "2001:db8:0:1::5 dev lo table 255 proto 177",
        prefix: "2001:db8:0:1::5/128",
      },
      { property: "strategy", after: { strategy: "random" }, op: "update" },
      { property: "secret", after: { secret }, op: "update" },
      { property: "onCollision", after: { onCollision: "fail" }, op: "update" },
      { property: "exclude", after: { exclude: ["2001:db8:0:1::/64"] }, op: "update" },
      { property: "includeReserved", after: { includeReserved: true }, op: "update" },
      {
        property: "quarantine",
        before: { quarantine: "24h" },
        after: { quarantine: undefined },
        op: "update",
      },
      {
        property: "device",
        after: { device: "eth0" },
        op: "update",
        expected: "dev eth0 table 255 proto 177",
      },
      { property: "table", after: { table: 300 }, op: "replace", expected: "dev lo table 300 proto 177" },
      { property: "metric", after: { metric: 5 }, op: "replace", expected: "metric 5 " },
      {
        property: "protocol",
        after: { protocol: 200 },
        op: "update",
        expected: "dev lo table 255 proto 200",
      },
      {
        property: "source",
        after: { source: web1.address6 },
        op: "update",
        expected: `src ${web1.address6}`,
      },
      { property: "onExisting", after: { onExisting: "fail" }, op: "update" },
      { property: "persist", after: { persist: "systemd" }, op: "update" },
      { property: "verify", after: { verify: false }, op: "update" },
      { property: "allowUnsafe", after: { allowUnsafe: ["neighbor"] }, op: "update" },
      { property: "onHostGone", after: { onHostGone: "forget" }, op: "update" },
      { property: "confirmTimeout", after: { confirmTimeout: 20 }, op: "update" },
      { property: "connection", after: { connection: connectTo(sandbox, web2) }, op: "replace" },
      {
        property: "connection.commandTimeout",
        after: { connection: { ...connection, commandTimeout: 30 } },
        op: "update",
      },
    ];
    const declare = (when: "before" | "after") => {
      const start = { pool: "2001:db8:0:1::/64", persist: "none" };
      const argsOf = (change: Change) => ({
        ...start,
        ...change.before,
        ...(when === "after" && change.after),
      });
      project.declare(
        connection,
        Object.fromEntries(changes.map((change) => [change.property, argsOf(change)])),
      );
    };

    const untouched = [await fingerprintHost(web1), await fingerprintHost(web2)];
    declare("before");
    await project.pulumi.up();
    await project.pulumi.previewNoChanges();
    const linesBefore = await web1.routes();
    const before = await project.pulumi.allocations();
    expect(new Set(Object.values(before).map(prefixOf)).size).toBe(changes.length);

    declare("after");
    const steps = await project.pulumi.preview();
    expectPreviewed(steps, changes);
    const { output } = await project.pulumi.up();
    const linesAfter = await web1.routes();
    const after = await project.pulumi.allocations();
    for (const { property, op, expected, prefix } of changes) {
      const [old, now] = [before[property], after[property]];
      expect(old?.id === now?.id, property).toBe(op === "update");
      expect(prefixOf(now), property).toEqual(prefix ?? prefixOf(old));
      const lines = findRoute(linesAfter, prefixOf(now));
      if (property === "connection") {
        expect(lines).toEqual([]);
        expect(findRoute(await web2.routes(), prefixOf(now))).toHaveLength(1);
      } else if (expected === undefined) {
        expect(lines, property).toEqual(findRoute(linesBefore, prefixOf(old)));
        expect(lines, property).toHaveLength(1);
      } else {
        expect(lines, property).toEqual([expect.stringContaining(expected)]);
      }
    }
    expect(output.replace(/\s+/g, " ")).toContain(
      `allocations/test/exclude keeps ${prefixOf(before.exclude).replace("/128", "")}, which \`exclude\` leaves out`,
    );
    expect(project.pulumi.findInFiles(secret)).toEqual([]);
    expect(listRecords(web1)).toEqual([nameRecord(prefixOf(after.persist))]);
    await project.pulumi.previewNoChanges();
    await project.pulumi.refresh("--expect-no-changes");

    await project.pulumi.destroy();
    for (const host of [web1, web2]) await expectNothingLeft(host, "success");
    expect([await fingerprintHost(web1), await fingerprintHost(web2)]).toEqual(untouched);
  });
});

function prefixOf(resource: StateResource | undefined): string {
  return String(resource?.outputs?.prefix);
}

/** The lines of a listing that are about a prefix. */
function findRoute(routes: string, prefix: string): string[] {
  return routes.split("\n").filter((line) => line.includes(`2 ${prefix.replace("/128", "")} `));
}

/** The records of routes that persist. */
function listRecords(host: Host): string[] {
  return readdirSync(host.path(records)).sort();
}

function nameRecord(prefix: string): string {
  return `${prefix.replace("/", "_")}-table-255-metric-1024`;
}
