// How `ls` and `doctor` are told which host: options that are named as the properties of `connection`, and read by the
// same grammar. Secrets come from the environment, and never as arguments, which every user of a machine sees.

import type { CheckFailure } from "../provider/check/fields";
import { readConnection } from "../provider/connection/inputs";
import type { ConnectionSpec } from "../provider/connection/spec";
import { UsageError } from "./command";

export const hostOptions = {
  user: { type: "string" },
  port: { type: "string" },
  "private-key-path": { type: "string" },
  "known-hosts": { type: "string", multiple: true },
  "host-key": { type: "string" },
  "host-key-policy": { type: "string" },
  "agent-socket-path": { type: "string" },
  privilege: { type: "string" },
  proxy: { type: "string", multiple: true },
  "proxy-private-key-path": { type: "string", multiple: true },
  "proxy-agent-socket-path": { type: "string", multiple: true },
  "proxy-host-key": { type: "string", multiple: true },
  json: { type: "boolean" },
} as const;

export const hostOptionsHelp = `HOST is a name or an address, or USER@HOST, or USER@HOST:PORT ([ADDRESS]:PORT for IPv6). The options are the
properties of a resource's connection, with the same meaning and defaults:

  --user USER                default: root
  --port PORT                default: 22
  --private-key-path FILE    the key to log in with; without it, an agent at SSH_AUTH_SOCK
  --agent-socket-path FILE   the agent to log in with
  --known-hosts FILE         may be given more than once; default: ~/.ssh/known_hosts, /etc/ssh/ssh_known_hosts
  --host-key KEY             the only key that the host may have, or its fingerprint SHA256:…
  --host-key-policy POLICY   strict (default), acceptNew or insecure
  --privilege HOW            auto (default), none, sudo or doas
  --proxy HOST               a jump host, as USER@HOST:PORT too; more than one make a chain. It is logged in to with the
                             host's key and agent, unless it has its own:
  --proxy-private-key-path FILE
  --proxy-agent-socket-path FILE
  --proxy-host-key KEY       of all jump hosts, or each as often as --proxy and in the same order
  --json                     print JSON instead of text

Secrets are never arguments. The environment may have PULUMI_ANYIP_PASSWORD (the login's),
PULUMI_ANYIP_PRIVATE_KEY_PASSWORD (the key's passphrase), PULUMI_ANYIP_PROXY_PRIVATE_KEY_PASSWORD (that of jump hosts' own
keys) and PULUMI_ANYIP_PRIVILEGE_PASSWORD (what sudo asks for). One that is needed and missing is asked for, without an
echo, if the input is a terminal.
`;

/** What was given on the command line, as `readArguments` read it. */
export type HostOptionValues = {
  readonly [Name in keyof typeof hostOptions]?: string | string[] | boolean | undefined;
};

/**
 * The connection that the operands and options describe.
 *
 * @throws UsageError with the option's name, and what would be right
 */
export function readHostOptions(
  operands: readonly string[],
  values: HostOptionValues,
  environment: Readonly<Record<string, string | undefined>>,
): ConnectionSpec {
  const [operand] = operands;
  if (operand === undefined) throw new UsageError("a HOST is missing");
  const named = readHop(operand);
  for (const name of ["user", "port"] as const) {
    if (named[name] !== undefined && values[name] !== undefined)
      throw new UsageError(`--${name} is given, and HOST has one, too; drop one of them`);
  }
  const login = {
    privateKeyPath: values["private-key-path"],
    privateKeyPassword: readSecret(environment, "PULUMI_ANYIP_PRIVATE_KEY_PASSWORD"),
    agentSocketPath: values["agent-socket-path"],
    // A person who waits sees more in one failure than in ten.
    dialErrorLimit: 1,
  };
  const proxy = readProxies(values, login, environment);
  const raw = {
    ...login,
    user: values.user,
    ...(values.port === undefined ? {} : { port: readPort(String(values.port)) }),
    ...named,
    password: readSecret(environment, "PULUMI_ANYIP_PASSWORD"),
    hostKey: values["host-key"],
    hostKeyPolicy: values["host-key-policy"],
    knownHosts: values["known-hosts"],
    privilege: values.privilege,
    privilegePassword: readSecret(environment, "PULUMI_ANYIP_PRIVILEGE_PASSWORD"),
    ...(proxy.length === 0 ? {} : { proxy }),
  };
  const failures: CheckFailure[] = [];
  const spec = readConnection(raw, failures);
  if (!spec) throw new UsageError(failures.map(explainFailure).join("; "));
  return spec;
}

/** What a jump host may have for itself, by the names that connection.proxy gives it. */
const proxyOptions = {
  privateKeyPath: "proxy-private-key-path",
  agentSocketPath: "proxy-agent-socket-path",
  hostKey: "proxy-host-key",
} as const;
type OwnProperty = keyof typeof proxyOptions;

/** Jump hosts, each with what is its own; the way to log in is otherwise the host's. */
function readProxies(
  values: HostOptionValues,
  login: object,
  environment: Readonly<Record<string, string | undefined>>,
): object[] {
  const proxies = readList(values, "proxy");
  const own = (Object.keys(proxyOptions) as OwnProperty[]).map(
    (property) =>
      [property, spread(readList(values, proxyOptions[property]), property, proxies.length)] as const,
  );
  return proxies.map((proxy, index) => {
    const given = own.flatMap(([property, list]) => {
      const value = list[index];
      return value === undefined ? [] : [[property, value] as const];
    });
    const hop = { ...login, ...Object.fromEntries(given), ...readHop(proxy) };
    if (!given.some(([property]) => property === "privateKeyPath")) return hop;
    return { ...hop, privateKeyPassword: readSecret(environment, "PULUMI_ANYIP_PROXY_PRIVATE_KEY_PASSWORD") };
  });
}

/** What is given once is every jump host's. */
function spread(
  given: readonly string[],
  property: OwnProperty,
  count: number,
): readonly (string | undefined)[] {
  if (given.length === 1 && count > 0) return Array.from({ length: count }, () => given[0]);
  if (given.length === 0 || given.length === count) return given;
  throw new UsageError(
    `--${proxyOptions[property]} and --proxy are given ${given.length} and ${count} times; ` +
      "give it once, for all jump hosts, or once for each",
  );
}

function readList(values: HostOptionValues, name: keyof typeof hostOptions): readonly string[] {
  return (values[name] as string[] | undefined) ?? [];
}

interface NamedHop {
  readonly host: string;
  readonly user?: string;
  readonly port?: number | string;
}

const hopForm = /^(?:([^@]*)@)?(?:\[([^\]]*)\](?::([^:]*))?|([^:]*):([^:]*)|(.*))$/;

/** `USER@HOST:PORT`, of which only HOST is needed. What is wrong with a part, its grammar says. */
function readHop(text: string): NamedHop {
  const [, user, bracketed, bracketedPort, named, namedPort, bare] = hopForm.exec(text) ?? [];
  if (user?.includes(":")) {
    throw new UsageError("a password can't be given as an argument; put it into PULUMI_ANYIP_PASSWORD");
  }
  const port = bracketedPort ?? namedPort;
  return {
    host: bracketed ?? named ?? bare ?? text,
    ...(user === undefined ? {} : { user }),
    ...(port === undefined ? {} : { port: readPort(port) }),
  };
}

/** What is no number is left as it is, for the grammar to say so. */
function readPort(text: string): number | string {
  return /^[0-9]{1,6}$/.test(text) ? Number(text) : text;
}

/** An empty variable counts as none. */
function readSecret(
  environment: Readonly<Record<string, string | undefined>>,
  name: string,
): string | undefined {
  return environment[name] || undefined;
}

const variables: Readonly<Record<string, string>> = {
  host: "HOST",
  password: "PULUMI_ANYIP_PASSWORD",
  privateKeyPassword: "PULUMI_ANYIP_PRIVATE_KEY_PASSWORD",
  privilegePassword: "PULUMI_ANYIP_PRIVILEGE_PASSWORD",
};

/** A failure of the grammar, under the name that the command line has for the property. */
function explainFailure({ property, reason }: CheckFailure): string {
  const path = property.replace(/^connection\./, "");
  const name = path.replace(/^proxy\[[0-9]+\]\./, "");
  if (path !== name) {
    const own = name in proxyOptions ? `--${proxyOptions[name as OwnProperty]}` : `--proxy: ${name}`;
    return `${own} ${reason}`;
  }
  const option = variables[name] ?? `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  return `${option} ${reason}`;
}
