// The quickstart's whole life by the real CLI: a real sshd, a real kernel, and a peer that asks.
import { randomInt } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSandbox, type Host, type Sandbox } from "../../sandbox";
import { fingerprintHost } from "../support/fingerprint-host";
import { expectNothingLeft } from "../support/host-processes";
import { expectPreviewed, type PropertyChange } from "../support/property-changes";
import { configureFor, openQuickstart } from "../support/pulumi-examples";
import type { PulumiProject } from "../support/pulumi-project";
import { connectTo, type RouteArgs, RoutesProject } from "../support/pulumi-routes";

const prefix6 = "2001:db8:100::/64";
const prefix4 = "192.0.2.0/24";

describe("the quickstart", () => {
  let sandbox: Sandbox;
  let host: Host;
  let project: PulumiProject;
  let untouched: string;
  let untouchedHost: string;
  let bound: string;
  let countersBefore: ReturnType<Host["counters"]>;

  beforeAll(async () => {
    sandbox = await createSandbox({ hosts: [{ name: "web1", flavour: "systemd" }] });
    host = sandbox.host("web1");
    project = await openQuickstart({ config: configureFor(sandbox, host) });
    untouched = await host.routes();
    untouchedHost = await fingerprintHost(host);
    countersBefore = host.counters();
  });
  afterAll(async () => {
    project?.close();
    await sandbox?.close();
  });

  it("previews what it would bind, without a connection", async () => {
    const steps = await project.preview();
    expect(Object.keys(steps).sort()).toEqual(["sites", "sites4"]);
    expect(Object.values(steps).flatMap((list) => list.map(({ op }) => op))).toEqual(["create", "create"]);
    expect(host.counters()).toEqual(countersBefore);
    expect(await host.routes()).toBe(untouched);
  });

  it("binds both prefixes over one connection", async () => {
    await project.up();
    bound = await host.routes();
    const { attempts, connections } = host.counters();
    expect(attempts - countersBefore.attempts).toBe(1);
    expect(connections - countersBefore.connections).toBe(1);
    expect(addedLines(untouched, bound)).toEqual([
      expect.stringContaining(`2 ${prefix4} dev lo table 255 proto 177`),
      expect.stringContaining(`2 ${prefix6} dev lo table 255 proto 177`),
    ]);
    expect(await project.outputs()).toEqual({
      prefix: prefix6,
      firstAddress: "2001:db8:100::",
      lastAddress: "2001:db8:100:0:ffff:ffff:ffff:ffff",
      addressCount: "18446744073709551616",
      reverseZone: "0.0.0.0.0.0.1.0.8.b.d.0.1.0.0.2.ip6.arpa",
      prefix4,
    });
  });

  it("finds nothing to do the next time, without a connection", async () => {
    const before = host.counters();
    await project.previewNoChanges();
    await project.up("--expect-no-changes");
    expect(host.counters()).toEqual(before);
    expect(await host.routes()).toBe(bound);
  });

  it("answers on the first, the last and random addresses", async () => {
    const { peer } = sandbox;
    await peer.routeVia(prefix6, host);
    await peer.routeVia(prefix4, host);
    const group = () => randomInt(0x10000).toString(16);
    const random6 = () => `2001:db8:100:0:${group()}:${group()}:${group()}:${group()}`;
    const addresses = [
      ...["192.0.2.0", "192.0.2.255", `192.0.2.${randomInt(1, 255)}`, `192.0.2.${randomInt(1, 255)}`],
      ...["2001:db8:100::", "2001:db8:100:0:ffff:ffff:ffff:ffff", random6(), random6(), random6()],
    ];
    for (const address of addresses) expect(await peer.ping(address), address).toBe(true);
  });

  // What somebody did on the host; what a refresh records; how the next `up` repairs it.
  const drifts: readonly Drift[] = [
    {
      what: "deleted",
      byHand: (prefix) => [`route del local ${prefix} dev lo table local`],
      found: { route: "missing" },
      op: "update",
    },
    {
      what: "with another metric",
      byHand: (prefix) => [
        `route del local ${prefix} dev lo table local`,
        `route add local ${prefix} dev lo table local proto 177 metric 77`,
      ],
      found: { metric: 77 },
      op: "replace",
    },
    {
      what: "with another protocol",
      byHand: (prefix) => [
        `route del local ${prefix} dev lo table local`,
        `route add local ${prefix} dev lo table local proto 99`,
      ],
      found: { protocol: 99 },
      op: "update",
    },
  ];

  it.each(drifts)("sees routes $what by hand, and repairs them", async ({ byHand, found, op }) => {
    await host.configureNetwork([...byHand(prefix4), ...byHand(prefix6)]);
    expect(await host.routes()).not.toBe(bound);

    await project.refresh();
    const recorded = await project.routes();
    for (const name of ["sites", "sites4"]) expect(recorded[name]?.outputs?.found, name).toEqual(found);

    const steps = await project.preview();
    for (const name of ["sites", "sites4"]) {
      expect(
        steps[name]?.map((step) => step.op),
        name,
      ).toEqual([op]);
    }
    await project.up();
    expect(await host.routes()).toBe(bound);
    await project.previewNoChanges();
    const repaired = await project.routes();
    for (const name of ["sites", "sites4"]) expect(repaired[name]?.outputs?.found, name).toBeUndefined();
  });

  it("leaves the host as it was found, byte for byte", async () => {
    await project.destroy();
    await expectNothingLeft(host, "success");
    expect(await fingerprintHost(host)).toBe(untouchedHost);
    expect(await project.routes()).toEqual({});
  });
});

interface Drift {
  readonly what: string;
  readonly byHand: (prefix: string) => string[];
  readonly found: Readonly<Record<string, unknown>>;
  readonly op: "replace" | "update";
}

interface Change extends PropertyChange {
  readonly before: RouteArgs;
  readonly after: RouteArgs;
}

describe("a change of one property", () => {
  let sandbox: Sandbox;
  let project: RoutesProject;
  let web1: Host;
  let web2: Host;

  beforeAll(async () => {
    sandbox = await createSandbox({ hosts: [{ name: "web1", flavour: "sudo" }, { name: "web2" }] });
    web1 = sandbox.host("web1");
    web2 = sandbox.host("web2");
    project = await RoutesProject.create();
  });
  afterAll(async () => {
    project?.close();
    await sandbox?.close();
  });

  it("updates or replaces, as the documentation of AnyIPRouteArgs says", async () => {
    const connection = connectTo(sandbox, web1);
    const there = connectTo(sandbox, web2);
    const prefix = (number: number) => ({ prefix: `2001:db8:${number}::/64` });
    const changes: readonly Change[] = [
      {
        property: "prefix",
        before: prefix(1),
        after: { prefix: "2001:db8:1:1::/64" },
        op: "replace",
        expected: "2 2001:db8:1:1::/64 dev lo table 255 proto 177",
      },
      {
        property: "device",
        before: prefix(2),
        after: { ...prefix(2), device: "eth0" },
        op: "update",
        expected: "dev eth0 table 255 proto 177",
      },
      {
        property: "table",
        before: prefix(3),
        after: { ...prefix(3), table: 300 },
        op: "replace",
        expected: "dev lo table 300 proto 177",
      },
      {
        property: "metric",
        before: prefix(4),
        after: { ...prefix(4), metric: 5 },
        op: "replace",
        expected: "metric 5 ",
      },
      {
        property: "protocol",
        before: prefix(5),
        after: { ...prefix(5), protocol: 200 },
        op: "update",
        expected: "dev lo table 255 proto 200",
      },
      {
        property: "source",
        before: prefix(6),
        after: { ...prefix(6), source: web1.address6 },
        op: "update",
        expected: `src ${web1.address6}`,
      },
      {
        property: "onExisting",
        before: prefix(7),
        after: { ...prefix(7), onExisting: "fail" },
        op: "update",
      },
      { property: "verify", before: prefix(8), after: { ...prefix(8), verify: false }, op: "update" },
      {
        property: "connection",
        before: prefix(9),
        after: { ...prefix(9), connection: there },
        op: "replace",
      },
      {
        property: "connection.commandTimeout",
        before: prefix(10),
        after: { ...prefix(10), connection: { ...connection, commandTimeout: 30, dialErrorLimit: 2 } },
        op: "update",
      },
    ];
    const declare = (when: "before" | "after") =>
      project.declare(
        connection,
        Object.fromEntries(changes.map((change) => [change.property, change[when]])),
      );

    const untouched = [await web1.routes(), await web2.routes()];
    declare("before");
    await project.pulumi.up();
    const before = await web1.routes();
    const idsBefore = await project.pulumi.routes();

    declare("after");
    const steps = await project.pulumi.preview();
    expectPreviewed(steps, changes);
    const notices = await watchRoutes(web1, () => project.pulumi.up());
    const after = await web1.routes();
    const idsAfter = await project.pulumi.routes();
    for (const { property, op, before: args, after: wanted, expected } of changes) {
      const sameId = idsBefore[property]?.id === idsAfter[property]?.id;
      expect(sameId, property).toBe(op === "update");
      const line = (routes: string, prefix: unknown) =>
        routes.split("\n").filter((text) => text.includes(`2 ${prefix} `));
      if (property === "connection") {
        expect(line(after, args.prefix)).toEqual([]);
        expect(line(await web2.routes(), args.prefix)).toHaveLength(1);
      } else if (expected === undefined) {
        expect(line(after, wanted.prefix), property).toEqual(line(before, args.prefix));
      } else {
        expect(line(after, wanted.prefix), property).toEqual([expect.stringContaining(expected)]);
      }
      // An update is one step of the kernel: never is the route missing in between.
      if (op === "update")
        expect(notices.filter((text) => text.includes(`Deleted 2 ${args.prefix} `))).toEqual([]);
    }
    await project.pulumi.previewNoChanges();

    await project.pulumi.destroy();
    expect([await web1.routes(), await web2.routes()]).toEqual(untouched);
  });

  it("is none when the resource is renamed with an alias", async () => {
    const connection = connectTo(sandbox, web2);
    const untouched = await web2.routes();
    project.declare(connection, { old: { prefix: "2001:db8:20::/64" } });
    await project.pulumi.up();
    const before = await project.pulumi.routes();
    const bound = await web2.routes();

    project.declare(connection, { renamed: { prefix: "2001:db8:20::/64", $formerly: "old" } });
    const steps = await project.pulumi.preview();
    expect(steps.renamed?.map(({ op }) => op)).toEqual(["update"]);
    expect(Object.keys(steps)).toEqual(["renamed"]);
    const seen = await watchRoutes(web2, () => project.pulumi.up());
    expect(seen).toEqual([]);
    const after = await project.pulumi.routes();
    expect(after.renamed?.id).toBe(before.old?.id);
    expect(after.renamed?.outputs?.owner).toBe("routes/test/renamed");
    expect(await web2.routes()).toBe(bound);

    await project.pulumi.destroy();
    expect(await web2.routes()).toBe(untouched);
  });

  it("passes the route on to what replaces the resource: another name, or the host's other address", async () => {
    const connection = connectTo(sandbox, web2);
    const untouched = await web2.routes();
    const args = { prefix: "2001:db8:21::/64" };
    project.declare(connection, { first: args });
    await project.pulumi.up();
    const bound = await web2.routes();

    const seen = await watchRoutes(web2, async () => {
      project.declare(connection, { second: args });
      await project.pulumi.up();
      project.declare({ ...connection, host: web2.address6 }, { second: args });
      await project.pulumi.up();
    });
    expect(seen).toEqual([]);
    expect(await web2.routes()).toBe(bound);
    expect(Object.keys(await project.pulumi.routes())).toEqual(["second"]);
    await project.pulumi.refresh("--expect-no-changes");

    await project.pulumi.destroy();
    expect(await web2.routes()).toBe(untouched);
  });
});

/** The lines of `after` that `before` has not. */
function addedLines(before: string, after: string): string[] {
  const known = new Set(before.split("\n"));
  return after.split("\n").filter((line) => !known.has(line));
}

/** Does `work` and tells which changes of routes the kernel announced meanwhile. */
async function watchRoutes(host: Host, work: () => Promise<unknown>): Promise<string[]> {
  const monitor = host.spawn(["ip", "-N", "-o", "monitor", "route"], ["ignore", "pipe", "ignore"]);
  let text = "";
  monitor.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  // A route that comes and goes tells that the monitor listens, and another one that it has printed everything.
  const flash = async (prefix: string) => {
    await host.configureNetwork(["add", "del"].map((verb) => `route ${verb} ${prefix} dev lo metric 1`));
    return text.includes(`Deleted ${prefix} `);
  };
  const [first, last] = ["2001:db8:fffe::/64", "2001:db8:ffff::/64"] as const;
  try {
    await expect.poll(() => flash(first), { timeout: 5000 }).toBe(true);
    await work();
    await expect.poll(() => flash(last), { timeout: 5000 }).toBe(true);
    return text.split("\n").filter((line) => line !== "" && !line.includes(first) && !line.includes(last));
  } finally {
    // Without a reader the `ip` inside ends with its next line.
    monitor.stdout?.destroy();
    monitor.kill();
  }
}
