// A Debian that systemd boots, with its network by systemd-networkd. One logs in as root.

import type { Flavour } from "./flavour";
import { rootFlavour } from "./root";

export const systemdFlavour: Flavour = {
  ...rootFlavour,
  boot: {
    tree: "systemd",
    networkFiles: ({ address, address6, peer4, peer6 }) => [
      {
        path: "/etc/systemd/network/10-eth0.network",
        text: `[Match]
Name=eth0

[Network]
IPv6AcceptRA=no
Gateway=${peer4}
Gateway=${peer6}

[Address]
Address=${address}/22

[Address]
Address=${address6}/64
DuplicateAddressDetection=none
`,
      },
    ],
  },
};
