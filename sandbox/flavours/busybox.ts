// A host of busybox alone, with dropbear for its SSH server, as small systems are. One logs in as root.

import { dropbear } from "../busybox/dropbear";
import { BUSYBOX_INIT, BUSYBOX_SCRIPT } from "../busybox/root-script";
import type { Flavour } from "./flavour";
import { rootFlavour } from "./root";

export const busyboxFlavour: Flavour = {
  ...rootFlavour,
  shell: "sh",
  inside: { script: BUSYBOX_SCRIPT, args: [BUSYBOX_INIT] },
  sshServer: dropbear,
};
