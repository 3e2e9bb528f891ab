// A sandbox for a person and for a program: what one needs to go on with it.

import type { Host, Sandbox } from "../../sandbox";

/** A sandbox as `--json` prints it. The values of a host are those of a Pulumi program's `connection`. */
export function describeSandbox(sandbox: Sandbox) {
  return {
    name: sandbox.name,
    owner: sandbox.owner,
    sshConfig: sandbox.sshConfigPath,
    network4: sandbox.addresses.network4,
    network6: sandbox.addresses.network6,
    peer: { address: sandbox.peer.address, address6: sandbox.peer.address6 },
    hosts: sandbox.hosts.map((host) => ({
      name: host.name,
      address6: host.address6,
      connection: describeConnection(sandbox, host),
    })),
  };
}

function describeConnection(sandbox: Sandbox, host: Host) {
  return {
    host: host.address,
    port: host.port,
    user: host.user,
    ...host.rights,
    privateKeyPath: sandbox.keyPath,
    knownHosts: sandbox.knownHostsPath,
  };
}

/** Lines of a connection, each led by a line end. */
function formatRights({ rights }: Host): string {
  return Object.entries(rights)
    .map(([name, value]) => `\n      ${name}: ${JSON.stringify(value)},`)
    .join("");
}

/** Text that tells a person how to go on. */
export function formatNextSteps(sandbox: Sandbox): string {
  const [host] = sandbox.hosts;
  if (host === undefined) return "It has no host.\n";
  const shell = `pulumi-anyip sandbox shell ${sandbox.name}`;
  return `Log in:
    ssh -F ${sandbox.sshConfigPath} ${host.name}

Ping it from the second machine, and send that a prefix of its:
    ${shell} peer -- ping -c 1 ${host.address}
    ${shell} peer -- ip route add 2001:db8:1::/64 via ${host.address6}

In a Pulumi program:
    connection: {
      host: "${host.address}",${host.port === 22 ? "" : `\n      port: ${host.port},`}
      user: "${host.user}",${formatRights(host)}
      privateKeyPath: "${sandbox.keyPath}",
      knownHosts: "${sandbox.knownHostsPath}",
    }${host.boots ? "" : `\n    persist: "none"   // nothing on this host could restore a route at boot; see --flavour`}

Remove it:
    pulumi-anyip sandbox down ${sandbox.name}
`;
}
