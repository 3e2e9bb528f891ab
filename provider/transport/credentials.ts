// Turns what a hop says about logging in into login methods, in the order they are tried.
// Knows no SSH library: how a key text is parsed is handed in. Never puts a secret into a message.

import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { describeHop, type HopSpec } from "../connection/spec";
import { AnyIPError } from "../errors";
import { expandHome } from "./home-path";
import { readKeyText } from "./private-key";

/** One way to log in. `Key` is whatever the SSH library makes of a key text. */
export type LoginMethod<Key> =
  | { readonly kind: "key"; readonly key: Key; readonly property: string }
  | { readonly kind: "agent"; readonly socketPath: string; readonly property: string }
  /** Also answers keyboard-interactive where the host offers that alone. */
  | { readonly kind: "password"; readonly password: string; readonly property: string };

/** Parses a key text that is a private key. It returns an Error, whose text is never shown, if it can't. */
export type ParseKey<Key> = (text: string, passphrase: string | undefined) => Key | Error;

const MAX_KEY_BYTES = 64 * 1024;

/**
 * Resolves the login methods of a hop; `property` is where the hop stands in the program, such as
 * `connection` or `connection.proxy`.
 *
 * @throws AnyIPError BAD_CREDENTIALS, naming the property, what was found and what would be right.
 */
export async function resolveLoginMethods<Key>(
  hop: HopSpec,
  property: string,
  parseKey: ParseKey<Key>,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<LoginMethod<Key>[]> {
  const methods: LoginMethod<Key>[] = [];
  if (hop.privateKey !== undefined) {
    const name = `${property}.privateKey`;
    methods.push({
      kind: "key",
      key: parsePrivateKey(hop, name, property, hop.privateKey, parseKey),
      property: name,
    });
  }
  if (hop.privateKeyPath !== undefined) {
    const name = `${property}.privateKeyPath`;
    const text = await readKeyFile(hop, name, hop.privateKeyPath);
    const label = `${name} (${hop.privateKeyPath})`;
    methods.push({ kind: "key", key: parsePrivateKey(hop, label, property, text, parseKey), property: name });
  }
  if (hop.agentSocketPath !== undefined) {
    const socketPath = expandHome(hop.agentSocketPath);
    methods.push({ kind: "agent", socketPath, property: `${property}.agentSocketPath` });
  }
  if (hop.password !== undefined) {
    methods.push({ kind: "password", password: hop.password, property: `${property}.password` });
  }
  const agent = env.SSH_AUTH_SOCK;
  if (methods.length === 0 && agent) {
    methods.push({ kind: "agent", socketPath: agent, property: "SSH_AUTH_SOCK" });
  }
  if (methods.length > 0) return methods;
  throw fail(
    hop,
    `${property} gives no way to log in to ${describeHop(hop)}. Set one of ${property}.privateKeyPath, ` +
      `${property}.privateKey, ${property}.agentSocketPath or ${property}.password, or start an ssh-agent ` +
      "(SSH_AUTH_SOCK is not set).",
    `${property}.password`,
  );
}

/** Decrypting a key takes 0.3 s of a blocked process (facts S12): once per key text and passphrase is enough. */
const parsedKeys = new WeakMap<ParseKey<unknown>, Map<string, unknown>>();

function parseKeyOnce<Key>(
  parseKey: ParseKey<Key>,
  text: string,
  passphrase: string | undefined,
): Key | Error {
  const cache = (parsedKeys.get(parseKey) ?? new Map()) as Map<string, Key | Error>;
  parsedKeys.set(parseKey, cache);
  const id = createHash("sha256")
    .update(JSON.stringify([text, passphrase ?? null]))
    .digest("base64");
  let parsed = cache.get(id);
  if (parsed === undefined) {
    parsed = parseKey(text, passphrase);
    cache.set(id, parsed);
  }
  return parsed;
}

function parsePrivateKey<Key>(
  hop: HopSpec,
  label: string,
  property: string,
  given: string,
  parseKey: ParseKey<Key>,
): Key {
  // An empty passphrase is what a program gets from an unset variable: the same as none.
  const passphrase = hop.privateKeyPassword || undefined;
  const text = readKeyText(given, passphrase);
  if (text.kind === "unusable") throw fail(hop, `${label} ${text.reason}.`);
  if (text.encrypted && passphrase === undefined) {
    throw fail(
      hop,
      `${label} is encrypted and ${property}.privateKeyPassword is not set. Set it to the key's passphrase, ` +
        `or load the key into an ssh-agent and set ${property}.agentSocketPath.`,
      `${property}.privateKeyPassword`,
    );
  }
  const key = parseKeyOnce(parseKey, text.text, text.encrypted ? passphrase : undefined);
  if (!(key instanceof Error)) return key;
  throw fail(
    hop,
    text.encrypted
      ? `${label} cannot be decrypted with the passphrase in ${property}.privateKeyPassword. Correct it.`
      : `${label} holds a key that cannot be used: it is damaged or of a kind that is not supported. ` +
          "Ed25519, ECDSA and RSA keys are.",
  );
}

async function readKeyFile(hop: HopSpec, label: string, given: string): Promise<string> {
  const path = expandHome(given);
  let found: string;
  try {
    const stats = await stat(path);
    if (stats.isFile() && stats.size <= MAX_KEY_BYTES) return await readFile(path, "utf8");
    found = stats.isFile() ? "is too large for a key" : "is not a regular file";
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    found = code === "ENOENT" ? "does not exist" : `cannot be read (${code ?? "unknown error"})`;
  }
  throw fail(
    hop,
    `${label}: the file ${given} ${found}. It is read on the machine where Pulumi runs; give the path of a private key.`,
  );
}

function fail(hop: HopSpec, message: string, missing?: string): AnyIPError {
  const facts = { host: describeHop(hop), ...(missing === undefined ? {} : { missing }) };
  return new AnyIPError("BAD_CREDENTIALS", message, { facts });
}
