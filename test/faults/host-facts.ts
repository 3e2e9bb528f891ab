// What this version of the provider keeps on a host, and what of it a reboot leaves.

export const hostFacts = {
  /** One file a managed route. */
  recordDirectory: "/run/pulumi-anyip/routes",
  /** The directories that exist only while a route is managed, or a run is under way. */
  ownDirectories: ["/run/pulumi-anyip"],
  /** The directory whose disk can be full. */
  diskDirectory: "/run/pulumi-anyip",
  /** Whether routes, and with them their records, are there again after a reboot. */
  survivesReboot: false,
};
