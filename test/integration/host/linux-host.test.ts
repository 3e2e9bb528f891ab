// LinuxHost over real ssh to a real kernel: by every way to root's rights, from every login shell, on every init.
import { Hosts } from "../../../provider/hosts";
import { createSandbox } from "../../../sandbox";
import { expectNothingLeft } from "../../support/host-processes";
import { connectionSpec } from "../../support/sandbox-connection";
import { describeHost } from "./host-conformance";

/** Each way and each shell at least once; the longest command, sudo's with a password, from the oddest shells. */
const combinations = {
  root: ["sh", "chatty"],
  sudo: ["bash", "chatty", "fish"],
  "sudo-entry": ["dash"],
  "sudo-password": ["bash", "chatty", "fish", "tcsh"],
  doas: ["bash", "tcsh"],
  // It has no other shell.
  busybox: ["sh"],
  // The trees have no other shells.
  systemd: ["sh"],
  openrc: ["dash"],
  ifupdown: ["bash"],
} as const;

for (const [flavour, shells] of entriesOf(combinations)) {
  for (const shell of shells) {
    describeHost(`${flavour} with login shell ${shell}`, async () => {
      const sandbox = await createSandbox({ hosts: [{ name: "web1", flavour, shell }] });
      const machine = sandbox.host("web1");
      return {
        host: new Hosts().find(connectionSpec(sandbox, machine), undefined).host,
        device: "eth0",
        // Higher ones, busybox's `ip` refuses.
        maxTable: flavour === "busybox" ? 255 : 2147483647,
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

function entriesOf<Name extends string, Value>(record: Readonly<Record<Name, Value>>): [Name, Value][] {
  return Object.entries(record) as [Name, Value][];
}
