// LinuxHost on hosts of busybox alone, with dropbear: what hangs on the shell's own part, the lock and the confirmation.
import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Hosts } from "../../../provider/hosts";
import { createSandbox, type Host, type Sandbox } from "../../../sandbox";
import { beforeConfirmation, makeFaultyHost, type Tamper } from "../../support/faulty-host";
import { expectNothingLeft } from "../../support/host-processes";
import { ensureAbsent, ensurePresent, localRoute } from "../../support/route-operations";
import { connectionSpec } from "../../support/sandbox-connection";
import { waitUntil } from "../../support/wait-until";

const lock = "/run/pulumi-anyip";
const takeBackMs = 20_000;
const added = localRoute("2001:db8:7::/64");
const replaced = localRoute("198.51.100.0/24");
const deleted = localRoute("2001:db8:8::/64", { metric: 5 });
const replacement = { ...replaced, device: "eth0" };
const operations = [ensurePresent(added), ensurePresent(replacement), ensureAbsent(deleted)];

describe.concurrent("a host with busybox", { timeout: 60_000 }, () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    const names = ["cut", "killed", "closed", "locked", "runs", "waits", "high", "disabled"];
    sandbox = await createSandbox({ hosts: names.map((name) => ({ name, flavour: "busybox" })) });
  });
  afterAll(() => sandbox?.close());

  const openHost = (machine: Host) => new Hosts().find(connectionSpec(sandbox, machine), undefined).host;
  const isTakenBack = (machine: Host, before: string) =>
    waitUntil(
      () => machine.routes(),
      (routes) => routes === before,
      takeBackMs,
    );

  async function prepare(name: string, tamper: Tamper) {
    const machine = sandbox.host(name);
    await machine.configureNetwork(
      [replaced, deleted].map(
        ({ prefix, metric }) => `route add local ${prefix} dev lo table local proto 177 metric ${metric}`,
      ),
    );
    const before = await machine.routes();
    const spec = connectionSpec(sandbox, machine, { perDialTimeout: 2, dialErrorLimit: 30 });
    return { machine, before, host: makeFaultyHost(spec, tamper) };
  }

  async function expectChanged(machine: Host): Promise<void> {
    const routes = await machine.routes();
    expect(routes).toMatch(/^2 2001:db8:7::\/64 dev lo table 255 proto 177 /m);
    expect(routes).toMatch(/^2 198\.51\.100\.0\/24 dev eth0 table 255 proto 177 /m);
    expect(routes).not.toContain("2001:db8:8::/64");
  }

  it.each(["cut", "killed", "closed"])(
    "takes a change back when its connection is %s before the confirmation, and makes it again",
    async (name) => {
      const machine = sandbox.host(name);
      const seen: string[] = [];
      const disturb = beforeConfirmation(async ({ channel }, count) => {
        if (count > 0) return;
        seen.push(await machine.routes());
        if (name === "cut") await machine.cutLink();
        else if (name === "killed") await machine.killSshSessions();
        else channel.close();
      });
      const { before, host } = await prepare(name, disturb);
      const changed = Promise.all(operations.map((operation) => host.change(operation)));
      await waitUntil(
        () => seen,
        ([routes]) => routes !== undefined,
        takeBackMs,
      );
      expect(seen[0]).not.toBe(before);
      if (name === "cut") {
        await isTakenBack(machine, before);
        await machine.restoreLink();
      }
      expect(await changed).toEqual(["added", "replaced", "deleted"]);
      await expectChanged(machine);
      await expectNothingLeft(machine, "fault");
    },
  );

  it("comes back by itself when the route locks the client out, and its neighbour stays", async () => {
    const { machine, host } = await prepare("locked", ({ text, send }) => send(text));
    const lockout = localRoute(`${sandbox.addresses.machine4}/32`);
    const neighbour = ensurePresent(localRoute("203.0.113.0/24"));
    const outcomes = await Promise.allSettled(
      [ensurePresent(lockout), neighbour].map((each) => host.change(each)),
    );
    expect(outcomes).toMatchObject([
      { status: "rejected", reason: { code: "CHANGE_REVERTED" } },
      { status: "fulfilled", value: "added" },
    ]);
    expect(await machine.routes()).toContain("203.0.113.0/24");
    expect(await machine.routes()).not.toContain(`${sandbox.addresses.machine4} dev lo`);
    await expectNothingLeft(machine, "fault");
  });

  it("lets two runs interleave their changes", async () => {
    const machine = sandbox.host("runs");
    const before = await machine.routes();
    const runs = [1, 2].map(async (run) => {
      const host = openHost(machine);
      const routes = Array.from({ length: 20 }, (_, index) => localRoute(`198.51.${100 + run}.${index}/32`));
      for (let start = 0; start < routes.length; start += 5) {
        const some = routes.slice(start, start + 5);
        const results = await Promise.all(some.map((each) => host.change(ensurePresent(each))));
        expect(new Set(results)).toEqual(new Set(["added"]));
      }
      return () => Promise.all(routes.map((each) => host.change(ensureAbsent(each))));
    });
    const removals = await Promise.all(runs);
    expect((await machine.routes()).match(/ 198\.51\.10[12]\./g)).toHaveLength(40);
    await Promise.all(removals.map((remove) => remove()));
    expect(await machine.routes()).toBe(before);
    await expectNothingLeft(machine, "success");
  });

  it("waits for its lock, and takes back what its last holder has left undone", async () => {
    const machine = sandbox.host("waits");
    const left = "198.51.100.77";
    await machine.configureNetwork([`route add local ${left} dev lo table local proto 177`]);
    const hold = [
      `mkdir ${lock}; exec 9<${lock}; flock 9`,
      `echo '1 route del local ${left}/32 dev lo table 255 proto 177 metric 0' >${lock}/undo`,
      "echo held >/run/held; while [ -e /run/held ]; do sleep 0.05; done",
    ];
    machine.spawn(["sh", "-c", hold.join("\n")], "ignore");
    await waitUntil(() => existsSync(machine.path("/run/held")), Boolean, 5_000);
    const changed = openHost(machine).change(ensurePresent(added));
    const isWaiting = () => machine.execOrThrow(["sh", "-c", "ps | grep -c '[f]lock 9' || true"]);
    await waitUntil(isWaiting, (count) => Number(count) > 0, 10_000);
    expect(await machine.routes()).toContain(left);
    await machine.execOrThrow(["rm", "/run/held"]);
    expect(await changed).toBe("added");
    expect(await machine.routes()).not.toContain(left);
    await expectNothingLeft(machine, "success");
  });

  it("says that its `ip` takes no table above 255", async () => {
    const machine = sandbox.host("high");
    const before = await machine.routes();
    const route = localRoute("198.51.100.0/24", { table: 4000 });
    const outcomes = await Promise.allSettled(
      [route, added].map((each) => openHost(machine).change(ensurePresent(each))),
    );
    expect(outcomes).toMatchObject([
      {
        status: "rejected",
        reason: { code: "ROUTE_REJECTED", message: expect.stringMatching(/busybox `ip` takes no table/) },
      },
      { status: "fulfilled", value: "added" },
    ]);
    await openHost(machine).change(ensureAbsent(added));
    expect(await machine.routes()).toBe(before);
  });

  it("says that IPv6 is disabled on lo", async () => {
    const machine = sandbox.host("disabled");
    await machine.execOrThrow(["sh", "-c", "echo 1 >/proc/sys/net/ipv6/conf/lo/disable_ipv6"]);
    await expect(openHost(machine).change(ensurePresent(added))).rejects.toMatchObject({
      code: "ROUTE_REJECTED",
      message: expect.stringMatching(/IPv6 is disabled on lo/),
    });
  });
});
