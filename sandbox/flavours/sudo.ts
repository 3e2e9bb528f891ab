// A host where one logs in as a plain user who may become root by sudo, without a password.

import type { Flavour } from "./flavour";

export const sudoFlavour: Flavour = {
  user: "operator",
  // Root accepts the key too: a test can look at things without the rights that it tests.
  accounts: [
    { name: "root", uid: 0 },
    { name: "operator", uid: 5001 },
  ],
  // The whole file: what the machine itself grants to whom is not the test host's.
  files: [
    {
      path: "/etc/sudoers",
      mode: 0o440,
      text: `Defaults env_reset
Defaults secure_path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
root ALL=(ALL:ALL) ALL
operator ALL=(ALL:ALL) NOPASSWD: ALL
`,
    },
  ],
};
