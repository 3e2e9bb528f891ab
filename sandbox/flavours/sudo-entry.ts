// A host where a plain user may run, as root and without a password, exactly what the provider runs.

import type { Flavour } from "./flavour";
import { operatorAccounts, sudoersFile } from "./operator";

export const sudoEntryFlavour: Flavour = {
  user: "operator",
  accounts: operatorAccounts,
  // README.md, "Rights on the host", has this entry.
  files: [sudoersFile("operator ALL=(root) NOPASSWD: /bin/sh -s")],
};
