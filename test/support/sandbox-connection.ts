// How a test logs in to a host of the sandbox: the `connection` input of a resource, and what check makes of it.
import { readConnection } from "../../provider/connection/inputs";
import type { ConnectionSpec } from "../../provider/connection/spec";
import type { Host, Sandbox } from "../../sandbox";

export type ConnectionInputs = Readonly<Record<string, unknown>>;

/** The `connection` input that leads to the host, with strict host keys. */
export function connectionInputs(
  sandbox: Sandbox,
  host: Host,
  overrides: ConnectionInputs = {},
): ConnectionInputs {
  return {
    host: host.address,
    port: host.port,
    user: host.user,
    ...host.rights,
    privateKeyPath: sandbox.keyPath,
    knownHosts: sandbox.knownHostsPath,
    ...overrides,
  };
}

export function connectionSpec(
  sandbox: Sandbox,
  host: Host,
  overrides: ConnectionInputs = {},
): ConnectionSpec {
  const failures: { property: string; reason: string }[] = [];
  const spec = readConnection(connectionInputs(sandbox, host, overrides), failures);
  if (!spec) throw new Error(`not a connection: ${JSON.stringify(failures)}`);
  return spec;
}
