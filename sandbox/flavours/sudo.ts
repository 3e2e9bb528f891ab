// A host where one logs in as a plain user who may become root by sudo, without a password.

import type { Flavour } from "./flavour";
import { operatorAccounts, sudoersFile } from "./operator";

export const sudoFlavour: Flavour = {
  user: "operator",
  accounts: operatorAccounts,
  files: [sudoersFile("operator ALL=(ALL:ALL) NOPASSWD: ALL")],
};
