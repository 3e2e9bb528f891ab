// Does a fault to a host, to its link, or to the run's provider; and takes the fault's own effect back.
import { setTimeout as sleep } from "node:timers/promises";
import type { Host } from "../../sandbox";
import type { Disk, Fault } from "./history";
import { memoryDirectory, storeDirectory } from "./host-facts";
import type { ProviderChild } from "./provider-child";
import type { TappedLink } from "./tapped-link";

/** Whom it may strike. */
export interface Target {
  readonly host: Host;
  readonly link: TappedLink;
  readonly provider: ProviderChild;
}

/** Everything is as it was again. */
type Lift = () => Promise<void>;

const nothingToLift: Lift = async () => {};

/** Resolves when the fault has struck. The link, if something held it at this moment, goes on as the fault has it. */
export async function strike(fault: Fault, target: Target): Promise<Lift> {
  const { host, link, provider } = target;
  switch (fault.what) {
    case "kill the provider":
      if (fault.sendsRest) link.restore();
      await sleep(fault.delayMs);
      await provider.kill();
      if (!fault.sendsRest) link.drop();
      link.restore();
      return nothingToLift;
    case "kill the ssh sessions":
      if (!fault.isHeld) link.restore();
      await host.killSshSessions();
      link.restore();
      return nothingToLift;
    case "stop sshd":
      await host.stopSshd();
      if (fault.endsSessions) await host.killSshSessions();
      link.restore();
      return after(fault.downMs, () => host.startSshd());
    case "cut the link":
      return await cut(fault, target);
    case "reboot":
      await host.reboot(fault.how);
      link.restore();
      return nothingToLift;
    case "fill the disk":
      await fillDisks(host, fault);
      link.restore();
      return () => freeDisks(host, fault);
  }
}

async function cut(
  { how, downMs }: Extract<Fault, { what: "cut the link" }>,
  { host, link }: Target,
): Promise<Lift> {
  switch (how) {
    case "reset":
      link.drop();
      link.restore();
      link.refuse();
      return after(downMs, async () => link.restore());
    case "silence":
      link.hold();
      return after(downMs, async () => link.restore());
    case "port":
      await host.cutLink();
      link.restore();
      return after(downMs, () => host.restoreLink());
  }
}

/** Counts the time from now on, and not from when it is waited for. */
function after(delayMs: number, work: () => Promise<void>): Lift {
  const done = sleep(delayMs).then(work);
  // Whoever lifts it is told.
  done.catch(() => {});
  return () => done;
}

const diskDirectories: Readonly<Record<Disk, string>> = { memory: memoryDirectory, store: storeDirectory };
/** Enough for the records of a history, and for the restore program. */
const diskPages = 64;
const pageBytes = 4096;

/** Gives each of the provider's directories a small disk of its own. */
export async function mountDisks(host: Host, directories: readonly string[]): Promise<void> {
  const mount = `mount -n -t tmpfs -o mode=700,size=${diskPages * pageBytes} anyip`;
  const lines = directories.map((directory) => `mkdir -m 700 ${directory}; ${mount} ${directory}`);
  await host.execOrThrow(["sh", "-ec", lines.join("\n")]);
}

export async function unmountDisks(host: Host, directories: readonly string[]): Promise<void> {
  const lines = directories.map((directory) => `umount ${directory}; rmdir ${directory}`);
  await host.execOrThrow(["sh", "-ec", lines.join("\n")]);
}

type Filling = Extract<Fault, { what: "fill the disk" }>;

/** Leaves so many pages, each of which is room for one small file. */
async function fillDisks(host: Host, { disks, freePages }: Filling): Promise<void> {
  const lines = disks
    .map(fillerOn)
    .flatMap((filler) => [
      `dd if=/dev/zero of=${filler} bs=${pageBytes} 2>/dev/null || true`,
      `truncate -s -${freePages * pageBytes} ${filler}`,
    ]);
  await host.execOrThrow(["sh", "-ec", lines.join("\n")]);
}

async function freeDisks(host: Host, { disks }: Filling): Promise<void> {
  await host.execOrThrow(["rm", ...disks.map(fillerOn)]);
}

function fillerOn(disk: Disk): string {
  return `${diskDirectories[disk]}/filler`;
}
