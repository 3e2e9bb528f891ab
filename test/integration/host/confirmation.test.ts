// A change stands only once it is confirmed. Here something happens at the moment between the two.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RouteOperation } from "../../../provider/host/host";
import type { LinuxHost } from "../../../provider/host/linux-host";
import { createSandbox, type Host, type Sandbox } from "../../../sandbox";
import { beforeConfirmation, makeFaultyHost, type Tamper } from "../../support/faulty-host";
import { expectNothingLeft } from "../../support/host-processes";
import { blindly, ensureAbsent, ensurePresent, localRoute } from "../../support/route-operations";
import { connectionSpec } from "../../support/sandbox-connection";
import { waitUntil } from "../../support/wait-until";

const takeBackMs = 20_000;
const [added, replaced, deleted] = [
  localRoute("2001:db8:7::/64"),
  localRoute("198.51.100.0/24"),
  localRoute("2001:db8:8::/64", { metric: 5 }),
];
const replacement = { ...replaced, protocol: 200, device: "eth0" };

function isTakenBack(machine: Host, before: string, timeoutMs = takeBackMs): Promise<string> {
  const isAsBefore = (routes: string) => routes === before;
  return waitUntil(() => machine.routes(), isAsBefore, timeoutMs);
}

/** One change of each kind, for which a host has been prepared. */
const operations: readonly RouteOperation<string>[] = [
  ensurePresent(added),
  ensurePresent(replacement),
  ensureAbsent(deleted),
];

describe.concurrent("a change whose confirmation is disturbed", { timeout: 60_000 }, () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    const hosts = ["cut", "soon", "always", "twice", "idle"].map((name) => ({ name }));
    // Between the connection and the shell sudo stands, with a terminal of its own.
    const underSudo = ["killed", "closed", "locked"].map((name) => ({
      name,
      flavour: "sudo-password" as const,
    }));
    sandbox = await createSandbox({ hosts: [...hosts, ...underSudo] });
  });
  afterAll(() => sandbox?.close());

  async function prepare(name: string, tamper: Tamper) {
    const machine = sandbox.host(name);
    const lines = [replaced, deleted].map(
      ({ prefix, metric }) => `route add local ${prefix} dev lo table local proto 177 metric ${metric}`,
    );
    await machine.configureNetwork(lines);
    const before = await machine.routes();
    const spec = connectionSpec(sandbox, machine, { perDialTimeout: 2, dialErrorLimit: 30 });
    return { machine, before, host: makeFaultyHost(spec, tamper) };
  }
  const runAll = (host: LinuxHost) => Promise.all(operations.map((operation) => host.change(operation)));
  /** The routes are there exactly as asked for, and once each. */
  async function expectChanged(machine: Host): Promise<void> {
    const routes = await machine.routes();
    expect(routes.match(/ 2001:db8:7::\/64 dev lo table 255 proto 177 /g)).toHaveLength(1);
    expect(routes.match(/ 198\.51\.100\.0\/24 /g)).toHaveLength(1);
    expect(routes).toContain("198.51.100.0/24 dev eth0 table 255 proto 200");
    expect(routes).not.toContain("2001:db8:8::/64");
  }

  it("is taken back by the host itself when the link is cut, and made again when it is restored", async () => {
    const machine = sandbox.host("cut");
    const cut = beforeConfirmation(async (_, count) => {
      if (count === 0) await machine.cutLink();
    });
    const { before, host } = await prepare("cut", cut);
    const changed = runAll(host);
    const isChanged = (routes: string) => routes !== before;
    await waitUntil(() => machine.routes(), isChanged, takeBackMs);
    await expectChanged(machine);
    await isTakenBack(machine, before);
    await machine.restoreLink();
    expect(await changed).toEqual(["added", "replaced", "deleted"]);
    await expectChanged(machine);
    await expectNothingLeft(machine, "fault");
  });

  it("is taken back after as long as the longest of its operations allows", async () => {
    const machine = sandbox.host("soon");
    const times: number[] = [];
    const cut = beforeConfirmation(async (_, count) => {
      if (count > 0) return;
      times.push(performance.now());
      await machine.cutLink();
    });
    const { before, host } = await prepare("soon", cut);
    const waiting = [1, 4].map((confirmTimeoutSeconds, index) => {
      const route = localRoute(`203.0.113.${index}/32`);
      return host.change({ ...ensurePresent(route), confirmTimeoutSeconds });
    });
    await waitUntil(
      () => machine.routes(),
      (routes) => routes !== before,
      takeBackMs,
    );
    await isTakenBack(machine, before);
    const [applied = 0] = times;
    expect(performance.now() - applied).toBeGreaterThan(3_500);
    expect(performance.now() - applied).toBeLessThan(9_000);
    await machine.restoreLink();
    expect(await Promise.all(waiting)).toEqual(["added", "added"]);
    await expectNothingLeft(machine, "fault");
  });

  it.each(["killed", "closed"] as const)(
    "is taken back at once when the session is %s, then made again",
    async (fault) => {
      const machine = sandbox.host(fault);
      const seen: string[] = [];
      const disturb = beforeConfirmation(async ({ channel }, count) => {
        if (count > 0) return;
        seen.push(await machine.routes());
        if (fault === "killed") await machine.killSshSessions();
        else channel.close();
      });
      // The next attempt waits until the host was seen to have taken this one back, by nothing but itself.
      let takenBack: Promise<string> | undefined;
      const tamper: Tamper = (outgoing) => {
        if (outgoing.channelIndex === 0) return disturb(outgoing);
        takenBack ??= isTakenBack(machine, before, 8_000);
        void takenBack.then((routes) => {
          seen[1] = routes;
          disturb(outgoing);
        });
      };
      const { before, host } = await prepare(fault, tamper);
      expect(await runAll(host)).toEqual(["added", "replaced", "deleted"]);
      expect(seen[0]).not.toBe(before);
      expect(seen[1]).toBe(before);
      await expectChanged(machine);
      await expectNothingLeft(machine, "fault");
    },
  );

  it("ends in CHANGE_REVERTED when it is disturbed each time", async () => {
    const { before, machine, host } = await prepare(
      "always",
      beforeConfirmation(async ({ channel }) => channel.close()),
    );
    const outcomes = await Promise.allSettled(operations.map((operation) => host.change(operation)));
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { code: "CHANGE_REVERTED" } });
    }
    await isTakenBack(machine, before);
    await expectNothingLeft(machine, "fault");
  });

  it("is not said to be taken back when only the answer to its second confirmation was lost", async () => {
    let confirmations = 0;
    const { machine, host } = await prepare("twice", ({ text, channel, send }) => {
      if (!text.startsWith("confirm ")) return send(text);
      if (confirmations++ > 0) send(text);
      channel.close();
    });
    const outcome = await host.change(ensurePresent(added)).catch((error: unknown) => error);
    const isThere = (await machine.routes()).includes(`${added.prefix} dev lo`);
    expect({ isThere, outcome }).toEqual({ isThere: true, outcome: "added" });
  });

  it("comes back by itself when the route locks the client out, and its neighbour stays", async () => {
    const { machine, before, host } = await prepare("locked", ({ text, send }) => send(text));
    const lockout = localRoute(`${sandbox.addresses.machine4}/32`);
    const neighbour = ensurePresent(localRoute("203.0.113.0/24"));
    const outcomes = await Promise.allSettled(
      [ensurePresent(lockout), neighbour].map((each) => host.change(each)),
    );
    expect(outcomes).toMatchObject([
      { status: "rejected", reason: { code: "CHANGE_REVERTED" } },
      { status: "fulfilled", value: "added" },
    ]);
    await host.change(blindly({ kind: "delete", route: localRoute("203.0.113.0/24") }));
    expect(await machine.routes()).toBe(before);
    await expectNothingLeft(machine, "fault");
  });

  it("does not suffer from shells that died while they were idle", async () => {
    const { machine, host } = await prepare("idle", ({ text, send }) => send(text));
    const tables = [1, 2, 253, 254, 255].map((table) => ({ family: "ipv4" as const, table }));
    await Promise.all(tables.map((table) => host.observe(table)));
    await machine.killSshSessions();
    expect(await runAll(host)).toEqual(["added", "replaced", "deleted"]);
    await expectChanged(machine);
    await expectNothingLeft(machine, "success");
  });
});
