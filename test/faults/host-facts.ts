// What this version of the provider keeps on a host, and what of it a reboot leaves. Written without the provider's own code.

/** What boots a host; `root` has no init, and so nothing that could restore a route. */
export const flavours = ["root", "systemd", "openrc", "ifupdown"] as const;

export type Flavour = (typeof flavours)[number];

/** What is gone after a reboot: the lock, and the records of routes that are gone then, too. */
export const memoryDirectory = "/run/pulumi-anyip";
/** What stays: the restore program, and the records of the routes that it puts back. */
export const storeDirectory = "/etc/pulumi-anyip";

/** One file a managed route. */
export function recordDirectory(persists: boolean): string {
  return `${persists ? storeDirectory : memoryDirectory}/routes`;
}

/** What a host of a flavour without an init has nothing for is put nowhere. */
export function ownDirectories(flavour: Flavour): string[] {
  return flavour === "root" ? [memoryDirectory] : [memoryDirectory, storeDirectory];
}

export const restoreProgram = `${storeDirectory}/restore`;

/** Where a host's init finds what restores routes. */
export interface Service {
  readonly file: string;
  /** There while the file is to start at boot. */
  readonly link?: string;
  /** Names its process while it runs. */
  readonly pidFile?: string;
  /** Both do nothing where there is nothing to stop or disable. */
  readonly stopCommand: string;
  readonly disableCommand: string;
}

const pidFile = "/run/pulumi-anyip.pid";

const hook = "/etc/network/if-up.d/pulumi-anyip";

export const services: Readonly<Record<Exclude<Flavour, "root">, Service>> = {
  systemd: {
    file: "/etc/systemd/system/pulumi-anyip.service",
    link: "/etc/systemd/system/sysinit.target.wants/pulumi-anyip.service",
    stopCommand: "systemctl stop pulumi-anyip.service || true",
    disableCommand: "systemctl --quiet disable pulumi-anyip.service || true",
  },
  openrc: {
    file: "/etc/init.d/pulumi-anyip",
    link: "/etc/runlevels/sysinit/pulumi-anyip",
    pidFile,
    stopCommand: "rc-service -q pulumi-anyip stop || true",
    disableCommand: "rc-update -q del pulumi-anyip sysinit || true",
  },
  ifupdown: {
    file: hook,
    pidFile,
    stopCommand: `kill $(cat ${pidFile}) || true`,
    disableCommand: `rm -f ${hook}`,
  },
};

export const watcher = "process restore watch";
export const monitor = "process ip monitor link";

/** All that is on a host beside the records while one of its routes is to be restored. */
export function serviceParts(flavour: Flavour): string[] {
  if (flavour === "root") return [];
  const { file, link, pidFile } = services[flavour];
  return [restoreProgram, file, link ?? [], pidFile ?? [], watcher, monitor].flat();
}

/** True for a directory of the store and each part of what restores routes. */
export function isOfService(what: string): boolean {
  return what.startsWith(storeDirectory) || flavours.some((flavour) => serviceParts(flavour).includes(what));
}

/** Where else parts of it could be found. */
export const serviceDirectories = [
  "/etc/systemd/system",
  "/etc/systemd/system/sysinit.target.wants",
  "/etc/init.d",
  "/etc/runlevels/boot",
  "/etc/runlevels/sysinit",
  "/etc/network/if-up.d",
  "/run",
];
