// The command-runner contract, over ssh2 and dropbear.

import { connectSsh2 } from "../../../provider/transport/ssh2";
import { createSandbox } from "../../../sandbox";
import { connectionSpec } from "../../support/sandbox-connection";
import { describeCommandRunner } from "./describe-command-runner";

describeCommandRunner("ssh2 to dropbear", async () => {
  const sandbox = await createSandbox({ hosts: [{ name: "small", flavour: "busybox" }] });
  const machine = sandbox.host("small");
  return {
    connect: () => connectSsh2(connectionSpec(sandbox, machine)),
    killSessions: () => void machine.killSshSessions(),
    remove: () => sandbox.close(),
  };
});
