// Reads known_hosts files from disk, each only again when it has changed.

import { readFile, stat } from "node:fs/promises";
import { AnyIPError } from "../errors";
import { expandHome } from "./home-path";
import { type KnownHostsFile, MAX_KNOWN_HOSTS_BYTES, parseKnownHosts } from "./known-hosts";

const cache = new Map<string, { stamp: string; file: KnownHostsFile }>();

/**
 * Reads the files in their order. One that is not there counts as empty, as OpenSSH has it.
 *
 * @throws AnyIPError BAD_CREDENTIALS when one is there but can't be read, or is larger than 16 MiB.
 */
export async function readKnownHostsFiles(paths: readonly string[]): Promise<KnownHostsFile[]> {
  const files = await Promise.all(paths.map((path) => readKnownHostsFile(path)));
  return files.filter((file) => file !== undefined);
}

async function readKnownHostsFile(given: string): Promise<KnownHostsFile | undefined> {
  const path = expandHome(given);
  try {
    const stats = await stat(path, { bigint: true });
    // `/dev/null` is how people say "none"; opening a pipe could wait for ever.
    if (stats.isCharacterDevice()) return undefined;
    if (!stats.isFile()) throw fail(given, "it is not a regular file");
    if (stats.size > BigInt(MAX_KNOWN_HOSTS_BYTES)) {
      throw fail(given, `it has ${stats.size} bytes, more than the ${MAX_KNOWN_HOSTS_BYTES} that are read`);
    }
    const stamp = `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeNs}:${stats.ctimeNs}`;
    const cached = cache.get(path);
    if (cached?.stamp === stamp) return cached.file;
    const file = parseKnownHosts(given, await readFile(path, "utf8"));
    cache.set(path, { stamp, file });
    return file;
  } catch (error) {
    if (error instanceof AnyIPError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw fail(given, `it cannot be read (${code ?? "unknown error"})`, error);
  }
}

function fail(path: string, found: string, cause?: unknown): AnyIPError {
  return new AnyIPError(
    "BAD_CREDENTIALS",
    `The known_hosts file ${path} (connection.knownHosts) is of no use: ${found}. ` +
      "Correct the file, name another, or pin the host's key with connection.hostKey.",
    { cause },
  );
}
