// Debians that sysvinit boots, with their network by ifupdown: as it always was, and with OpenRC. One logs in as root.

import type { HostFile } from "../host-files";
import type { Flavour, HostNetwork } from "./flavour";
import { rootFlavour } from "./root";

function networkFiles({ address, address6, peer4, peer6 }: HostNetwork): HostFile[] {
  return [
    {
      path: "/etc/network/interfaces",
      text: `auto lo eth0
iface lo inet loopback

iface eth0 inet static
  address ${address}/22
  gateway ${peer4}

iface eth0 inet6 static
  address ${address6}/64
  gateway ${peer6}
  accept_ra 0
  dad-attempts 0

source /etc/network/interfaces.d/*
`,
    },
  ];
}

export const ifupdownFlavour: Flavour = { ...rootFlavour, boot: { tree: "ifupdown", networkFiles } };

export const openrcFlavour: Flavour = { ...rootFlavour, boot: { tree: "openrc", networkFiles } };
