// Asks a person for the secrets that were not given and turn out to be needed, each when it is. Pure but for the asking.

import { type ConnectionSpec, describeHop, type HopSpec } from "../provider/connection/spec";
import { AnyIPError } from "../provider/errors";

/** Asks for a secret by what it is; undefined when there is no answer. */
export type AskSecret = (what: string) => Promise<string | undefined>;

/**
 * Does the work with the connection, and again with a secret for want of which it failed.
 *
 * @param ask undefined where nobody can be asked; then the work fails as it does without the secret
 */
export async function withMissingSecrets<Result>(
  connection: ConnectionSpec,
  work: (connection: ConnectionSpec) => Promise<Result>,
  ask: AskSecret | undefined,
): Promise<Result> {
  try {
    return await work(connection);
  } catch (error) {
    const want = error instanceof AnyIPError ? findWant(connection, error.facts.missing) : undefined;
    const secret = want && (await ask?.(want.what));
    if (!secret) throw error;
    return await withMissingSecrets(want.fill(secret), work, ask);
  }
}

/** A secret that is wanted: in words, and what the connection is once it is there. */
interface Want {
  readonly what: string;
  readonly fill: (secret: string) => ConnectionSpec;
}

const secretPath =
  /^connection(?:\.proxy(?:\[([0-9]+)\])?)?\.(password|privateKeyPassword|privilegePassword)$/;

function findWant(connection: ConnectionSpec, path: string | undefined): Want | undefined {
  const [, index = "0", name] = secretPath.exec(path ?? "") ?? [];
  const hop = path?.includes(".proxy") ? connection.proxies[Number(index)] : connection;
  if (hop === undefined) return undefined;
  const where = describeHop(hop);
  switch (name) {
    case "password":
      return {
        what: `Password of ${where}`,
        fill: (password) => mapHops(connection, (each) => (each === hop ? { ...each, password } : each)),
      };
    case "privateKeyPassword":
      // A key that several hops share is asked about once.
      return {
        what: `Passphrase of ${hop.privateKeyPath} for ${where}`,
        fill: (privateKeyPassword) =>
          mapHops(connection, (each) =>
            each.privateKeyPath === hop.privateKeyPath ? { ...each, privateKeyPassword } : each,
          ),
      };
    case "privilegePassword":
      return {
        what: `Password that sudo asks for on ${where}`,
        fill: (privilegePassword) => ({ ...connection, privilegePassword }),
      };
    default:
      return undefined;
  }
}

function mapHops(connection: ConnectionSpec, change: <Hop extends HopSpec>(hop: Hop) => Hop): ConnectionSpec {
  return { ...change(connection), proxies: connection.proxies.map(change) };
}
