// Persistence on a host that OpenRC has booted.
import { openrcBackend } from "../../../../provider/host/persistence/openrc";
import type { Host } from "../../../../sandbox";
import { describeBackend } from "./backend-conformance";

/** Its init script reads this file when sshd is about to start. */
function runWithSsh(host: Host, command: string): Promise<unknown> {
  return host.execOrThrow(["sh", "-c", "cat >>/etc/default/ssh"], { stdin: `${command}\n` });
}

describeBackend({
  backend: openrcBackend,
  flavour: "openrc",
  runWithServices: runWithSsh,
  stop: "rc-service pulumi-anyip stop",
  kill: 'kill -9 "$(cat /run/pulumi-anyip.pid)"',
  disturbances: [
    "rc-service networking restart",
    "rc-service pulumi-anyip restart",
    "ip link set eth0 down; ip link set eth0 up",
  ],
  foreignFolder: "/etc/init.d",
});
