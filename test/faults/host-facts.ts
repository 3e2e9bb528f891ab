// What this version of the provider keeps on a host, and what of it a reboot leaves.

export interface HostFacts {
  /** Where records are, one file a managed route. Hands damage those in the first. */
  readonly recordDirectories: readonly [string, ...string[]];
  /** The directories that exist only while a route is managed, or a run is under way. */
  readonly ownDirectories: readonly string[];
  /** The directory whose disk can be full. */
  readonly diskDirectory: string;
  /** Whether routes, and with them their records, are there again after a reboot. */
  readonly survivesReboot: boolean;
}

export const hostFacts: HostFacts = {
  recordDirectories: ["/run/pulumi-anyip/routes"],
  ownDirectories: ["/run/pulumi-anyip"],
  diskDirectory: "/run/pulumi-anyip",
  survivesReboot: false,
};
