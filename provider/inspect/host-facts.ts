// What a host says of itself beside its routes: the shell text that asks, which changes nothing, and what the answers
// mean. Pure.
import { isBusyboxUsage } from "../host/busybox";
import { formatShowLocalCommand, parseLocalRoutes } from "../host/iproute2";
import { hostDirectory } from "../host/record";
import { type LocalRoute, ownProtocol } from "../host/route";

/** Switches of the kernel that matter here, by their paths under /proc/sys. */
const settingPaths = {
  loDisabled: "net/ipv6/conf/lo/disable_ipv6",
  allDisabled: "net/ipv6/conf/all/disable_ipv6",
  ipv4Forwarding: "net/ipv4/ip_forward",
  ipv6Forwarding: "net/ipv6/conf/all/forwarding",
  ipv6NonlocalBind: "net/ipv6/ip_nonlocal_bind",
} as const;

export type SettingName = keyof typeof settingPaths;

export interface HostFacts {
  /** How the login got root's rights: it is root, or by whom it was made so. */
  readonly root: "login" | "sudo" | "doas";
  /** What `ip -V` says of iproute2's or busybox's; `unknown` for another `ip`; undefined where there is none. */
  readonly ipVersion: string | undefined;
  readonly hasFlock: boolean;
  /** Missing are those that the kernel does not have. */
  readonly settings: Readonly<Partial<Record<SettingName, number>>>;
  /** What a run has under way, or left behind when it was killed: any of `undo` and `kept`. */
  readonly pending: readonly string[];
  /** True when a run has the host's lock at this moment. */
  readonly isLocked: boolean;
  /** Local routes of protocol 177 in all tables; undefined where they could not be listed, as with busybox. */
  readonly ownRoutes: readonly LocalRoute[] | undefined;
}

/** True where routes can be changed and listed. */
export function hasUsableIp({ ipVersion }: HostFacts): boolean {
  return ipVersion !== undefined && ipVersion !== "unknown";
}

export function hasBusyboxIp({ ipVersion = "" }: HostFacts): boolean {
  return isBusyboxUsage(ipVersion);
}

/** `stat` gives a device as one number, /proc/locks as two, in hexadecimal (makedev(3), proc_locks(5)). */
const lockLines = [
  `if place=$(stat -c '%d %i' ${hostDirectory} 2>/dev/null); then`,
  `device=\${place% *}`,
  `place=$(printf '%02x:%02x:%s' $(((device >> 8) & 0xfff)) $(((device & 0xff) | ((device >> 12) & 0xfff00))) \${place#* })`,
  'while read -r _ kind _ _ _ held _; do [ "$kind $held" != "FLOCK $place" ] || { echo "@locked"; break; }; done </proc/locks',
  "fi",
];

/** A script that asks, and ends with a line that is the marker. */
export function formatFactsScript(marker: string): string {
  return [
    "anyip_facts() {",
    `printf '@root %s %s\\n' "\${SUDO_USER:+sudo}" "\${DOAS_USER:+doas}"`,
    `if command -v ip >/dev/null 2>&1; then printf '@ip %s\\n' "$(ip -V 2>&1 </dev/null | head -n 1)"; fi`,
    `if command -v flock >/dev/null 2>&1; then echo '@flock'; fi`,
    // A shell reads byte by byte, of which these files give only the first. They may be missing.
    `grep -Hs '' ${Object.values(settingPaths)
      .map((path) => `/proc/sys/${path}`)
      .join(" ")}`,
    `for name in undo kept; do [ ! -s ${hostDirectory}/$name ] || printf '@pending %s\\n' $name; done`,
    ...lockLines,
    ...(["ipv4", "ipv6"] as const).flatMap((family) => [
      `echo '@routes ${family}'`,
      `${formatShowLocalCommand(family, ownProtocol)} 2>&1 </dev/null`,
      `printf '@exit %s\\n' "$?"`,
    ]),
    `printf '\\n%s\\n' '${marker}'`,
    "}",
    "anyip_facts </dev/null",
    "",
  ].join("\n");
}

/** Reads what the script printed. Lines that are not its own are passed over. */
export function parseFacts(text: string): HostFacts {
  const way = /^@root .*\b(sudo|doas)\b/m.exec(text)?.[1] as "sudo" | "doas" | undefined;
  const version = /^@ip (.*)$/m.exec(text)?.[1];
  return {
    root: way ?? "login",
    ipVersion: version === undefined || isKnownIp(version) ? version : "unknown",
    hasFlock: /^@flock$/m.test(text),
    settings: readSettings(text),
    pending: [...text.matchAll(/^@pending (undo|kept)$/gm)].map(([, name = ""]) => name),
    isLocked: /^@locked$/m.test(text),
    ownRoutes: readOwnRoutes(text),
  };
}

function isKnownIp(version: string): boolean {
  return /^ip utility, (.+)$/.test(version) || isBusyboxUsage(version);
}

function readSettings(text: string): HostFacts["settings"] {
  const values = new Map(
    [...text.matchAll(/^\/proc\/sys\/(\S+):([0-9]+)$/gm)].map(([, path, value]) => [path, Number(value)]),
  );
  const settings: Partial<Record<SettingName, number>> = {};
  for (const name of Object.keys(settingPaths) as SettingName[]) {
    const value = values.get(settingPaths[name]);
    if (value !== undefined) settings[name] = value;
  }
  return settings;
}

function readOwnRoutes(text: string): LocalRoute[] | undefined {
  const routes: LocalRoute[] = [];
  for (const family of ["ipv4", "ipv6"] as const) {
    const pattern = new RegExp(`^@routes ${family}\\n([^]*?)^@exit 0$`, "m");
    const listing = pattern.exec(text)?.[1];
    if (listing === undefined || listing.includes("@exit")) return undefined;
    routes.push(...parseLocalRoutes(listing, family, ownProtocol));
  }
  return routes;
}
