// Updates in place: no moment without the route, and none at all where only the connection changes.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSandbox, type Sandbox } from "../../../sandbox";
import { startRouteMonitor } from "../../support/route-monitor";
import { EngineRun } from "../../support/route-provider";
import { connectionInputs } from "../../support/sandbox-connection";

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await createSandbox({ hosts: ["ipv4", "ipv6"].map((name) => ({ name, flavour: "sudo" })) });
});
afterAll(() => sandbox?.close());

describe.concurrent.each([
  ["ipv4", "198.51.100.0/24", "198.51.100.77"],
  ["ipv6", "2001:db8:7::/64", "2001:db8:7::77"],
])("an AnyIPRoute (%s)", (name, prefix, address) => {
  it("is never missing while it is updated, and not touched by what concerns the connection", async () => {
    const machine = sandbox.host(name);
    const monitor = await startRouteMonitor(machine);
    const args = { connection: connectionInputs(sandbox, machine), prefix };
    const run = new EngineRun();
    let resource = await run.create(args);
    await sandbox.peer.routeVia(prefix, machine);
    expect(await sandbox.peer.ping(address)).toBe(true);
    const pings = sandbox.peer.exec(["ping", "-n", "-q", "-i", "0.01", "-c", "250", "-W", "2", address]);
    const source = name === "ipv4" ? machine.address : machine.address6;
    const changes = [{ protocol: 200 }, { device: "eth0" }, { source }, { protocol: 201, source }, {}];
    for (const change of changes) {
      expect(await run.preview(resource, { ...args, ...change })).toBe("update");
      resource = await run.update(resource, { ...args, ...change });
    }
    expect((await pings).stdout).toMatch(/250 packets transmitted, 250 received/);
    const events = await monitor.listEvents(prefix);
    expect(events.filter((line) => line.includes("Deleted"))).toEqual([]);
    expect(events).toHaveLength(1 + changes.length);

    const asRoot = {
      ...args,
      connection: connectionInputs(sandbox, machine, { user: "root", dialErrorLimit: 3 }),
    };
    expect(await run.preview(resource, asRoot)).toBe("update");
    resource = await run.update(resource, asRoot);
    expect(resource.outputs.connection).toMatchObject({ user: "root" });
    resource = (await run.read(resource)) ?? resource;
    expect(await monitor.listEvents(prefix)).toEqual(events);
    await run.delete(resource);
    expect(await monitor.listEvents(prefix)).toHaveLength(events.length + 1);
  });
});
