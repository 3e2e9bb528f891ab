// Raw `connection` input → ConnectionSpec or failures. Pure: it reads no file and asks no network.
import { isIP } from "node:net";
import { type CheckFailure, Fields, isRecord, isUnknown, type TextGrammar } from "../check/fields";
import type { ConnectionSpec, HopSpec } from "./spec";

const hostGrammar: TextGrammar = {
  pattern: /^[A-Za-z0-9:]([A-Za-z0-9._:-]*[A-Za-z0-9.:])?(%[A-Za-z0-9_.-]{1,15})?$/,
  expected:
    "a host name or an IP address such as web1.example or 2001:db8::1 (no port, no user, no brackets)",
  maxLength: 253,
};
const userGrammar: TextGrammar = {
  pattern: /^[A-Za-z0-9_][A-Za-z0-9_.@+\\-]*\$?$/,
  expected: "a login name such as root",
  maxLength: 64,
};
const pathGrammar: TextGrammar = {
  pattern: /^\P{Cc}+$/u,
  expected: "a file path without control characters",
  maxLength: 4096,
};
const secretGrammar: TextGrammar = {
  pattern: /^[\P{Cc}\t\n\r]+$/u,
  expected: "a text without NUL or other control characters, but for tabs and line ends",
  maxLength: 65536,
};
// It is typed at a prompt, so that a line end would end it; sudo takes no longer one.
const privilegePasswordGrammar: TextGrammar = {
  pattern: /^\P{Cc}+$/u,
  expected: "a password in one line, without control characters",
  maxLength: 255,
};
const hostKeyGrammar: TextGrammar = {
  pattern:
    /^((ssh-|ecdsa-|sk-)[a-z0-9@.-]+ [A-Za-z0-9+/]+=*( [^\p{C}\p{Zl}\p{Zp}]*)?|SHA256:[A-Za-z0-9+/]{43}=?)$/u,
  expected: "a public host key such as `ssh-ed25519 AAAA…` or a fingerprint `SHA256:…`",
  maxLength: 4096,
};

// A thousand resources have the same few connections. Equal ones get the same spec, by which hosts are then found.
const knownSpecs = new Map<string, ConnectionSpec>();
const maxKnownSpecs = 10_000;

/**
 * The object that a connection's registered form stands for (sdk/connection.ts): itself, or what its JSON text says.
 * Anything else, text that is no JSON among it, comes back as it is.
 */
export function openConnection(raw: unknown): unknown {
  if (typeof raw !== "string") return raw;
  try {
    return JSON.parse(raw);
  } catch {
    return raw;
  }
}

/** Validates a connection where it stands in the inputs and fills in defaults. `failures` takes what is wrong. */
export function readConnection(raw: unknown, failures: CheckFailure[]): ConnectionSpec | undefined {
  const key = typeof raw === "string" ? raw : JSON.stringify(raw);
  const known = knownSpecs.get(key);
  if (known) return known;
  const spec = parseConnection(openConnection(raw), failures);
  if (spec && knownSpecs.size < maxKnownSpecs) knownSpecs.set(key, spec);
  return spec;
}

function parseConnection(raw: unknown, failures: CheckFailure[]): ConnectionSpec | undefined {
  if (isUnknown(raw)) return undefined;
  if (!isRecord(raw)) {
    const reason = 'is missing; give connection: { host: "web1.example", user: "root", privateKeyPath: … }';
    failures.push({ property: "connection.host", reason });
    return undefined;
  }
  const before = failures.length;
  const fields = new Fields(raw, "connection.", failures);
  const hop = readHop(fields);
  const proxies = readProxies(fields.value("proxy"), failures);
  const knownHosts = readPaths(fields, "knownHosts");
  const hostKeyPolicy = fields.choice("hostKeyPolicy", ["strict", "acceptNew", "insecure"]);
  const rights = readRights(fields);
  const commandTimeoutSeconds = fields.integer("commandTimeout", 1, 86400, " (seconds)");
  fields.rejectOthers();
  if (fields.value("hostKey") !== undefined && hostKeyPolicy !== undefined && hostKeyPolicy !== "strict") {
    fields.fail(
      "hostKeyPolicy",
      `is "${hostKeyPolicy}" beside a pinned hostKey, which allows only that key; drop one of them`,
    );
  }
  if (!hop || failures.length > before || containsUnknown(raw)) return undefined;
  return {
    ...hop,
    proxies,
    knownHosts: knownHosts ?? ["~/.ssh/known_hosts", "/etc/ssh/ssh_known_hosts"],
    hostKeyPolicy: hostKeyPolicy ?? "strict",
    ...rights,
    commandTimeoutSeconds: commandTimeoutSeconds ?? 60,
  };
}

function readHop(fields: Fields): HopSpec | undefined {
  fields.require("host", "web1.example");
  const host = fields.text("host", hostGrammar);
  if (host !== undefined && /[:%]/.test(host) && isIP(host.replace(/%.*/, "")) !== 6) {
    fields.fail("host", "has a colon or a zone but is no IPv6 address; give the port as the property `port`");
  }
  const given = {
    password: fields.text("password", secretGrammar),
    privateKey: fields.text("privateKey", secretGrammar),
    privateKeyPath: fields.text("privateKeyPath", pathGrammar),
    privateKeyPassword: fields.text("privateKeyPassword", secretGrammar),
    agentSocketPath: fields.text("agentSocketPath", pathGrammar),
    hostKey: fields.text("hostKey", hostKeyGrammar),
  };
  if (given.privateKey !== undefined && given.privateKeyPath !== undefined) {
    fields.fail("privateKeyPath", "and privateKey exclude each other; give the key's text or its path");
  }
  const noKey = (name: string) => fields.value(name) === undefined && !fields.isUnknown(name);
  if (given.privateKeyPassword !== undefined && noKey("privateKey") && noKey("privateKeyPath")) {
    fields.fail(
      "privateKeyPassword",
      "is the passphrase of a key, but neither privateKey nor privateKeyPath is given",
    );
  }
  const port = fields.integer("port", 1, 65535);
  const user = fields.text("user", userGrammar);
  const dialErrorLimit = fields.integer("dialErrorLimit", 1, 1000, " (dials)");
  const perDialTimeoutSeconds = fields.integer("perDialTimeout", 1, 3600, " (seconds)");
  if (host === undefined) return undefined;
  return {
    host,
    port: port ?? 22,
    user: user ?? "root",
    dialErrorLimit: dialErrorLimit ?? 10,
    perDialTimeoutSeconds: perDialTimeoutSeconds ?? 15,
    ...withoutUndefined(given),
  };
}

/** How a user that is not root gets root's rights. */
function readRights(fields: Fields): Pick<ConnectionSpec, "privilege" | "privilegePassword"> {
  const privilege = fields.choice("privilege", ["auto", "none", "sudo", "doas"]) ?? "auto";
  const privilegePassword = fields.text("privilegePassword", privilegePasswordGrammar);
  const isGiven = privilegePassword !== undefined || fields.isUnknown("privilegePassword");
  if (isGiven && privilege === "doas") {
    fields.fail(
      "privilegePassword",
      'cannot be used with privilege "doas": doas reads a password from a terminal only; permit it `nopass`',
    );
  }
  if (isGiven && privilege === "none") {
    fields.fail("privilegePassword", 'is given although privilege is "none"; drop one of them');
  }
  return { privilege, ...withoutUndefined({ privilegePassword }) };
}

function readProxies(raw: unknown, failures: CheckFailure[]): HopSpec[] {
  if (raw === undefined) return [];
  const list = Array.isArray(raw) ? raw : [raw];
  return list.flatMap((entry, index) => {
    const path = Array.isArray(raw) ? `connection.proxy[${index}]` : "connection.proxy";
    if (isUnknown(entry)) return [];
    if (!isRecord(entry)) {
      failures.push({
        property: `${path}.host`,
        reason: "is missing; a proxy is { host, user, … }, or a list of them",
      });
      return [];
    }
    const fields = new Fields(entry, `${path}.`, failures);
    const hop = readHop(fields);
    fields.rejectOthers();
    return hop ? [hop] : [];
  });
}

function readPaths(fields: Fields, name: string): string[] | undefined {
  const value = fields.value(name);
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) {
    const path = fields.text(name, pathGrammar);
    return path === undefined ? undefined : [path];
  }
  const paths = value.filter(
    (path): path is string =>
      typeof path === "string" && path.length <= pathGrammar.maxLength && pathGrammar.pattern.test(path),
  );
  if (paths.length === value.length && paths.length > 0) return paths;
  return fields.fail(name, "must be the path of a known_hosts file, or a list of such paths");
}

function containsUnknown(raw: unknown): boolean {
  if (isUnknown(raw)) return true;
  if (Array.isArray(raw)) return raw.some(containsUnknown);
  return isRecord(raw) && Object.values(raw).some(containsUnknown);
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(object: T): Defined<T> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Defined<T>;
}
