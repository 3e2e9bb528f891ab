// A host where one logs in as a plain user who may become root by sudo, which asks for the user's password.

import type { Flavour } from "./flavour";
import { operatorAccounts, sudoersFile } from "./operator";

export const sudoPasswordFlavour: Flavour = {
  user: "operator",
  privilegeNeedsPassword: true,
  accounts: operatorAccounts,
  files: [sudoersFile("operator ALL=(ALL:ALL) ALL")],
};
