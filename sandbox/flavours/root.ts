// A host where one logs in as root.

import type { Flavour } from "./flavour";

export const rootFlavour: Flavour = {
  user: "root",
  accounts: [{ name: "root", uid: 0 }],
  files: [],
};
