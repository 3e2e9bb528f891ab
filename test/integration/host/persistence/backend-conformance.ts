// What holds for every way to make routes outlast a reboot, on a host that has really booted.
import { existsSync, readFileSync, symlinkSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { PersistenceBackend } from "../../../../provider/host/persistence/backend";
import { detectLines } from "../../../../provider/host/persistence/backends";
import { recordName } from "../../../../provider/host/record";
import { createSandbox, type Host, type Sandbox } from "../../../../sandbox";
import { localRoute } from "../../../support/route-operations";
import { waitUntil } from "../../../support/wait-until";
import {
  install,
  isInstalled,
  listRoutes,
  listRoutesCommand,
  machineIdOf,
  manyRoutes,
  putFile,
  putRecords,
  recordDirectory,
  recordText,
  removeRecords,
  restore,
  routes,
  runLocked,
  serviceWaits,
  takeInventory,
  uninstall,
} from "./persistent-host";

export interface BackendCase {
  readonly backend: PersistenceBackend;
  readonly flavour: "systemd" | "openrc" | "ifupdown";
  /** Has the host run a command when its usual services start, at each boot. */
  readonly runWithServices: (host: Host, command: string) => Promise<unknown>;
  /** Shell commands: as hands stop it, and the end of its watcher by SIGKILL, alone. */
  readonly stop: string;
  readonly kill: string;
  /** Shell commands that may take routes away for a moment, and not for longer. */
  readonly disturbances: readonly string[];
  /** What prints the log of the boot, on a host that keeps one. */
  readonly logCommand?: readonly string[];
  /** A folder of the host's that it writes to. */
  readonly foreignFolder: string;
}

const settleMs = 10_000;
/** Where what runs with the services leaves what it has seen. */
const seenPath = "/var/seen-by-services";

/** The first few lines of the one that the other has not. */
function findMissing(expected: string, found: string): string[] {
  const lines = new Set(found.split("\n"));
  return expected
    .split("\n")
    .filter((line) => !lines.has(line))
    .slice(0, 5);
}

export function describeBackend(given: BackendCase): void {
  const { backend, flavour, runWithServices, stop, kill, disturbances, logCommand, foreignFolder } = given;

  describe(`persistence by ${backend.name}`, () => {
    let sandbox: Sandbox;
    let host: Host;
    let bare: string;
    beforeAll(async () => {
      sandbox = await createSandbox({ hosts: [{ name: `persists-${flavour}`, flavour }] });
      host = sandbox.host(`persists-${flavour}`);
      await host.exec(["sh", "-c", "[ ! -d /run/systemd/system ] || systemctl is-system-running --wait"]);
    });
    afterAll(() => sandbox?.close());
    beforeEach(async () => {
      await removeRecords(host);
      await uninstall(host, backend);
      bare = await takeInventory(host);
    });

    const waitForRoutes = (isDone: (listing: string) => boolean) =>
      waitUntil(() => listRoutes(host), isDone, settleMs);

    async function persist(recorded: typeof routes): Promise<string> {
      await install(host, backend);
      putRecords(host, recorded);
      await restore(host);
      const listing = await listRoutes(host);
      expect(listing.trimEnd().split("\n")).toHaveLength(recorded.length);
      return listing;
    }

    it("is the best of what this host is found to have", async () => {
      const script = detectLines.join("\n");
      expect(await host.execOrThrow(["sh", "-c", script])).toMatch(new RegExp(`^@runs ${backend.name}\n`));
    });

    it("comes and goes without a trace, again and again", async () => {
      for (let round = 0; round < 3; round++) {
        expect(await isInstalled(host, backend)).toBe(false);
        await install(host, backend);
        expect(await isInstalled(host, backend)).toBe(true);
        await install(host, backend);
        await uninstall(host, backend);
        await uninstall(host, backend);
        expect(await takeInventory(host)).toBe(bare);
      }
    });

    it("can be removed by the run for whose lock it waits", async () => {
      const flap = "ip link set lo down; ip link set lo up";
      const { code } = await runLocked(host, [...backend.install, flap, serviceWaits, ...backend.uninstall]);
      expect(code).toBe(0);
      expect(await takeInventory(host)).toBe(bare);
    });

    it("has the routes back after each reboot, before services start", async () => {
      // Many, so that a restore which nobody waits for would not be done in time.
      const listing = await persist([...routes, ...manyRoutes]);
      await runWithServices(host, `{ ${listRoutesCommand}; } >${seenPath} 2>&1`);
      for (const kind of ["orderly", "hard"] as const) {
        await host.execOrThrow(["rm", "-f", seenPath]);
        await host.reboot(kind);
        expect(findMissing(listing, await listRoutes(host))).toEqual([]);
        expect(await isInstalled(host, backend)).toBe(true);
        await waitUntil(() => existsSync(host.path(seenPath)), Boolean, settleMs);
        expect(findMissing(listing, readFileSync(host.path(seenPath), "utf8"))).toEqual([]);
      }
      await removeRecords(host);
      await uninstall(host, backend);
      await host.reboot();
      expect(await listRoutes(host)).toBe("");
    });

    const flapLo = () => host.execOrThrow(["sh", "-ec", "ip link set lo down; ip link set lo up"]);

    it("restores what a link loses when it goes down", async () => {
      const listing = await persist(routes);
      await flapLo();
      await waitForRoutes((now) => now === listing);
    });

    it.each([
      ["is stopped", stop],
      ["has lost its watcher", kill],
    ])("counts as missing where it %s, until it is installed again", async (_, command) => {
      const listing = await persist(routes);
      await host.execOrThrow(["sh", "-c", command]);
      await waitUntil(
        () => isInstalled(host, backend),
        (is) => !is,
        settleMs,
      );
      await install(host, backend);
      expect(await isInstalled(host, backend)).toBe(true);
      await flapLo();
      await waitForRoutes((now) => now === listing);
      await removeRecords(host);
      await uninstall(host, backend);
      // What a watcher that was killed has started sees at the next changes of a link that it is gone.
      const lookAgain = () => flapLo().then(() => takeInventory(host));
      await waitUntil(lookAgain, (inventory) => inventory === bare, settleMs);
    });

    it("is installed where ip cannot watch links, too", async () => {
      const ip = `#!/bin/sh\ncase $1 in -V | monitor) exit 1 ;; esac\nexec /bin/ip "$@"\n`;
      const put = "rm -f /usr/sbin/ip && cat >/usr/sbin/ip && chmod 755 /usr/sbin/ip";
      await host.execOrThrow(["sh", "-c", put], { stdin: ip });
      try {
        await install(host, backend);
        expect(await isInstalled(host, backend)).toBe(true);
        await uninstall(host, backend);
      } finally {
        await host.execOrThrow(["ln", "-sf", "/bin/ip", "/usr/sbin/ip"]);
      }
      expect(await takeInventory(host)).toBe(bare);
    });

    it("goes without a trace where it has lost its watcher", async () => {
      await install(host, backend);
      await host.execOrThrow(["sh", "-c", kill]);
      await uninstall(host, backend);
      const lookAgain = () => flapLo().then(() => takeInventory(host));
      await waitUntil(lookAgain, (inventory) => inventory === bare, settleMs);
    });

    it.each(disturbances)("outlives %s", async (disturbance) => {
      const listing = await persist(routes);
      await host.execOrThrow(["sh", "-c", disturbance]);
      await waitForRoutes((now) => now === listing);
      expect(await isInstalled(host, backend)).toBe(true);
    });

    it("removes itself at the next boot where a power cut has left it without a record", async () => {
      // Its network is another one at each boot, and OpenRC remembers what it has started until the next.
      const look = async () =>
        (await takeInventory(host)).replace(/ eth0@.*|^\/run\/openrc\/.*|.*(rc\.loc|openrc default).*/gm, "");
      await host.reboot("hard");
      const booted = await look();
      const waitUntilGone = () =>
        waitUntil(
          async () => {
            const now = await look();
            return [findMissing(now, booted), findMissing(booted, now)].flat();
          },
          (differences) => differences.length === 0,
          settleMs,
        );
      await persist(routes);
      await removeRecords(host);
      await host.reboot("hard");
      await waitUntilGone();
      await persist(routes);
      expect(await isInstalled(host, backend)).toBe(true);
      await removeRecords(host);
      await uninstall(host, backend);
      await waitUntilGone();
    });

    it("restores the routes of a device that comes late", async () => {
      await install(host, backend);
      putRecords(host, [...routes, localRoute("2001:db8:3::/64", { device: "late0" })]);
      await host.reboot();
      expect((await restore(host)).stderr).toMatch(/2001:db8:3::\/64 dev late0 .* is not restored: .*late0/);
      const add = "ip link add late0 type veth peer name late1; ip link set late0 up";
      await host.execOrThrow(["sh", "-ec", add]);
      await waitForRoutes((now) => /2001:db8:3::\/64 dev late0/.test(now));
      await host.execOrThrow(["ip", "link", "del", "late0"]);
    });

    it("ignores what is no record of this machine, with a word", async () => {
      const good = localRoute("2001:db8:1::/64");
      const machineId = machineIdOf(host);
      const bad = (index: number) => localRoute(`2001:db8:bad:${index}::/64`);
      const put = (index: number, change: (text: string) => string) =>
        putFile(host, recordName(bad(index)), change(recordText(bad(index), machineId)));
      await install(host, backend);
      putRecords(host, [good]);
      put(1, (text) => text.replace(machineId, "0123456789abcdef0123456789abcdef"));
      put(2, (text) => text.slice(0, -5));
      put(3, (text) => text.replace("pulumi-anyip 1", "pulumi-anyip 2"));
      put(4, (text) => text.replace(" dev lo", " dev $(touch /etc/pwned)"));
      put(5, (text) => text.replace(" dev lo", " dev lo\nroute del 0.0.0.0/0 dev eth0"));
      put(6, (text) => text + "x".repeat(8192));
      put(7, (text) => text.replace("2001:db8:bad:7::", "2001:db8:bad:77::"));
      putFile(host, `x\nroute add local 2001:db8:bad:8::`, recordText(bad(8), machineId));
      symlinkSync(recordName(good), `${host.path(recordDirectory)}/${recordName(bad(9))}`);
      await host.reboot("hard");
      expect(await listRoutes(host)).toMatch(/^2 2001:db8:1::\/64 .*\n$/);
      expect(existsSync(host.path("/etc/pwned"))).toBe(false);
      const { code, stderr } = await restore(host);
      expect(code).toBe(0);
      const logs = [stderr, ...(logCommand ? [await host.execOrThrow(logCommand)] : [])];
      for (const log of logs)
        for (const index of [1, 2, 3, 4, 5, 6, 7, 9])
          expect(log).toMatch(`${recordName(bad(index))} is ignored`);
      expect(stderr.trimEnd().split("\n")).toHaveLength(9);
    });

    it.each([
      ["read only", "mount -n --bind /etc /etc && mount -n -o remount,bind,ro /etc", "/etc", /Read-only/],
      [
        "full",
        `mount -n -t tmpfs -o size=4k tmpfs ${foreignFolder} && ! cat /dev/zero >${foreignFolder}/filler`,
        foreignFolder,
        /No space/,
      ],
    ])("fails as a whole where it is to write to a disk that is %s", async (_, mount, folder, reason) => {
      await host.execOrThrow(["sh", "-c", mount]);
      const { code, stdout, stderr } = await runLocked(host, backend.install);
      await host.execOrThrow(["umount", "-n", folder]);
      expect(code).not.toBe(0);
      expect(stdout + stderr).toMatch(reason);
      expect(await takeInventory(host)).toBe(bare);
    });
  });
}
