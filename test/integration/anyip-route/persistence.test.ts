// Routes that outlast a reboot: made, seen, repaired and taken away by resources, on hosts that really boot.
import { existsSync, readdirSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createSandbox, type Host, type Sandbox } from "../../../sandbox";
import { expectNothingLeft } from "../../support/host-processes";
import { EngineRun } from "../../support/route-provider";
import { connectionInputs } from "../../support/sandbox-connection";
import { waitUntil } from "../../support/wait-until";
import { takeInventory } from "../host/persistence/persistent-host";

const prefix = "2001:db8:7::/64";
const prefix4 = "198.51.100.0/24";
const name = "2001:db8:7::_64-table-255-metric-1024";
const stored = "/etc/pulumi-anyip/routes";
const inMemory = "/run/pulumi-anyip/routes";
const stopCommands = {
  systemd: "systemctl stop pulumi-anyip",
  openrc: "rc-service -q pulumi-anyip stop",
  ifupdown: 'kill "$(cat /run/pulumi-anyip.pid)"; while [ -e /run/pulumi-anyip.pid ]; do sleep 0.1; done',
} as const;
const otherBackends = { systemd: "openrc", openrc: "systemd", ifupdown: "systemd" } as const;

describe.each(["systemd", "openrc", "ifupdown"] as const)("on a host that %s boots", (flavour) => {
  let sandbox: Sandbox;
  let host: Host;
  let before: string;
  let routesBefore: string;
  beforeAll(async () => {
    sandbox = await createSandbox({ hosts: [{ name: `keeps-${flavour}`, flavour }] });
    host = sandbox.host(`keeps-${flavour}`);
    await waitForBoot();
  });
  afterAll(() => sandbox?.close());
  beforeEach(async () => {
    [before, routesBefore] = [await look(), await host.routes()];
  });
  afterEach(async () => {
    await expectNothingLeft(host, "success");
    await expect.poll(look, { timeout: 10_000 }).toBe(before);
    expect(await host.routes()).toBe(routesBefore);
  });

  /** sshd answers before the last of the services is started. */
  async function waitForBoot(): Promise<void> {
    await host.exec(["sh", "-c", "[ ! -d /run/systemd/system ] || systemctl is-system-running --wait"]);
    const isStarting = "[ -e /run/openrc/rc.starting ] || pgrep -x rc >/dev/null";
    await waitUntil(
      () => host.exec(["sh", "-c", isStarting]),
      ({ code }) => code !== 0,
      10_000,
    );
  }
  /** The other end of the cable has another number after each boot. */
  const look = async () => (await takeInventory(host)).replace(/eth0@if\d+/, "eth0");
  const argsFor = (more = {}) => ({
    connection: connectionInputs(sandbox, host),
    prefix,
    persist: "auto",
    ...more,
  });
  const list = (folder: string) => (existsSync(host.path(folder)) ? readdirSync(host.path(folder)) : []);

  it("routes are there after each reboot, and nothing is left when the last has gone", async () => {
    const engine = new EngineRun();
    const made = await Promise.all([
      engine.create(argsFor()),
      engine.create(argsFor({ prefix: prefix4, owner: "project/stack/four" })),
      engine.create(argsFor({ prefix: "203.0.113.0/24", owner: "other/stack/none", persist: "none" })),
    ]);
    const [first, second, third] = made;
    expect(first?.outputs.persistence ?? "systemd").toBe(flavour);
    expect(third?.outputs.persistence).toBeUndefined();
    expect(list(stored)).toHaveLength(2);
    expect(list(inMemory)).toHaveLength(1);
    for (const kind of ["orderly", "hard"] as const) {
      await host.reboot(kind);
      await waitForBoot();
      for (const resource of [first, second]) {
        if (!resource) throw new Error("not made");
        const seen = await new EngineRun().read(resource);
        expect(seen?.outputs).toEqual(resource.outputs);
      }
      expect(await host.routes()).not.toContain("203.0.113.0");
    }
    if (third) expect(await new EngineRun().read(third)).toBeUndefined();
    const last = new EngineRun();
    for (const resource of made) await last.delete(resource);
  });

  it("what restores them is drift when it has gone or does not run, and so is what is to be restored", async () => {
    const damages = ["rm -rf /etc/pulumi-anyip/restore", `rm ${stored}/${name}`, stopCommands[flavour]];
    let resource = await new EngineRun().create(argsFor());
    for (const damage of damages) {
      await host.execOrThrow(["sh", "-ec", damage]);
      const seen = await new EngineRun().read(resource);
      if (!seen) throw new Error(`gone by ${damage}`);
      expect(await new EngineRun().preview(seen, argsFor())).toBe("update");
      resource = await new EngineRun().update(seen, argsFor());
      expect(await new EngineRun().preview(resource, argsFor())).toBe("same");
      expect((await new EngineRun().read(resource))?.outputs).toEqual(resource.outputs);
    }
    // What has just been installed restores once, as soon as it gets the lock; from then on only when a link comes up.
    const deleteByHand = async () => {
      await host.exec(["ip", "route", "del", "local", prefix, "dev", "lo", "table", "local"]);
      return (await new EngineRun().read(resource))?.outputs.found;
    };
    await expect.poll(deleteByHand, { timeout: 10_000, interval: 200 }).toEqual({ route: "missing" });
    const seen = await new EngineRun().read(resource);
    if (!seen) throw new Error("gone, although its record is there");
    const again = await new EngineRun().update(seen, argsFor());
    expect((await new EngineRun().read(again))?.outputs).toEqual(again.outputs);
    await new EngineRun().delete(again);
  });

  it("persist is changed in place, and takes the record from memory to the disk and back", async () => {
    const volatile = argsFor({ persist: "none" });
    let resource = await new EngineRun().create(volatile);
    const table = await host.routes();
    for (const [args, folders] of [
      [argsFor(), [[name], []]],
      [argsFor({ persist: flavour }), [[name], []]],
      [volatile, [[], [name]]],
    ] as const) {
      expect(await new EngineRun().preview(resource, args)).toBe("update");
      resource = await new EngineRun().update(resource, args);
      await expectNothingLeft(host, "success");
      expect([list(stored), list(inMemory)]).toEqual(folders);
      expect(await host.routes()).toBe(table);
      expect((await new EngineRun().read(resource))?.outputs).toEqual(resource.outputs);
    }
    await expect.poll(() => existsSync(host.path("/etc/pulumi-anyip")), { timeout: 10_000 }).toBe(false);
    await new EngineRun().delete(resource);
  });

  it("another way than the host's is refused, with the one that is right", async () => {
    const created = new EngineRun().create(argsFor({ persist: otherBackends[flavour] }));
    await expect(created).rejects.toMatchObject({
      code: "HOST_UNSUPPORTED",
      message: expect.stringMatching(
        new RegExp(`persist is "${otherBackends[flavour]}", and the host runs .*persist: "${flavour}"`),
      ),
    });
  });

  it.each([
    ["read only", "mount -n --bind /etc /etc && mount -n -o remount,bind,ro /etc", "umount -n /etc"],
    [
      "full",
      "mkdir /etc/pulumi-anyip; mount -n -t tmpfs -o size=4k tmpfs /etc/pulumi-anyip && ! cat /dev/zero >/etc/pulumi-anyip/filler",
      "umount -n /etc/pulumi-anyip; rmdir /etc/pulumi-anyip",
    ],
  ])(
    "a disk that is %s is told before anything has changed, and fails nobody else",
    async (_, spoil, mend) => {
      await host.execOrThrow(["sh", "-c", spoil]);
      const engine = new EngineRun();
      const [persistent, volatile] = await Promise.allSettled([
        engine.create(argsFor()),
        engine.create(argsFor({ prefix: prefix4, owner: "project/stack/four", persist: "none" })),
      ]);
      expect(persistent).toMatchObject({
        status: "rejected",
        reason: { code: "HOST_UNSUPPORTED", message: expect.stringMatching(/persist: "none"|is .*etc full/) },
      });
      expect(await host.routes()).not.toContain(prefix);
      await expectNothingLeft(host, "success");
      await host.execOrThrow(["sh", "-c", mend]);
      if (volatile.status === "rejected") throw volatile.reason;
      await new EngineRun().delete(volatile.value);
    },
  );
});

it("a host without an init that is known is refused before anything has changed", async () => {
  const sandbox = await createSandbox();
  const [host] = sandbox.hosts;
  if (!host) throw new Error("no host");
  try {
    const before = await host.routes();
    const args = { connection: connectionInputs(sandbox, host), prefix, persist: "auto" };
    await expect(new EngineRun().create(args)).rejects.toMatchObject({
      code: "HOST_UNSUPPORTED",
      message: expect.stringMatching(/none of what is known here .*persist: "none" says so/),
    });
    expect(await host.routes()).toBe(before);
    await expectNothingLeft(host, "success");
  } finally {
    await sandbox.close();
  }
});
