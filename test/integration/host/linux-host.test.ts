// LinuxHost over real ssh to a real kernel, by every way of logging in.
import { Hosts } from "../../../provider/hosts";
import { createSandbox } from "../../../sandbox";
import { expectNothingLeft } from "../../support/host-processes";
import { connectionSpec } from "../../support/sandbox-connection";
import { describeHost } from "./host-conformance";

for (const flavour of ["root", "sudo"] as const) {
  for (const shell of ["sh", "dash", "bash", "chatty"] as const) {
    describeHost(`${flavour} with login shell ${shell}`, async () => {
      const sandbox = await createSandbox({ hosts: [{ name: "web1", flavour, shell }] });
      const machine = sandbox.host("web1");
      return {
        host: new Hosts().find(connectionSpec(sandbox, machine), undefined).host,
        device: "eth0",
        sources: [machine.address, machine.address6],
        print: () => machine.routes(),
        count: () => machine.counters(),
        remove: async () => {
          await expectNothingLeft(machine, "success");
          await sandbox.close();
        },
      };
    });
  }
}
