// Where persistence keeps things on a host, and the version of what is installed there. Pure.

/** The ways there are to make routes outlast a reboot, in the order in which `auto` tries them. */
export const backendNames = ["systemd", "openrc", "ifupdown"] as const;
export type BackendName = (typeof backendNames)[number];

/** What outlasts a reboot: the restore program and the records. Only root can open it. */
export const storeDirectory = "/etc/pulumi-anyip";

/** The program that puts the recorded routes back. */
export const restorePath = `${storeDirectory}/restore`;

/** The process id of what watches links, where no service manager knows it. */
export const watcherPidFile = "/run/pulumi-anyip.pid";

/** The second line of each installed file, with their version: another one makes `isInstalled` false, and so a new install. */
export const versionLine = "# pulumi-anyip 2";
