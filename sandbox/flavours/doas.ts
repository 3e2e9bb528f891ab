// A host where a plain user may run, by doas and not by sudo, exactly what the provider runs. Needs opendoas.

import type { Flavour } from "./flavour";
import { operatorAccounts, sudoersFile } from "./operator";

export const doasFlavour: Flavour = {
  user: "operator",
  // The machine's sudo is there too.
  privilege: "doas",
  accounts: operatorAccounts,
  files: [
    sudoersFile(),
    {
      path: "/etc/doas.conf",
      mode: 0o400,
      // README.md, "Rights on the host", has this line.
      text: "permit nopass operator as root cmd /bin/sh args -s\n",
    },
  ],
};
