// One look at a host, for a person: logs in, asks, and leaves. It takes no lock, changes nothing and leaves nothing.
import type { ConnectionSpec } from "./connection/spec";
import { describeHop } from "./connection/spec";
import { AnyIPError, type ErrorCode } from "./errors";
import { tableKey } from "./host/host";
import { recordName } from "./host/record";
import { RootAccess } from "./host/root-access";
import { RootShell } from "./host/root-shell";
import { formatFactsScript, hasUsableIp, parseFacts } from "./inspect/host-facts";
import { type FailedLook, type Inspection, isFailedLook, type ManagedListing } from "./inspect/inspection";
import { compareWithTables, findUnrecorded, sortEntries, tablesOf } from "./inspect/managed-routes";
import { connectSsh2 } from "./transport/ssh2";

/**
 * Lists what is managed on the host.
 *
 * @throws AnyIPError as a resource's provider does: the login's codes, NO_PRIVILEGE, HOST_UNSUPPORTED, and the channel's
 */
export async function listManagedRoutes(connection: ConnectionSpec): Promise<ManagedListing> {
  return await withShell(connection, listManaged);
}

/**
 * Looks at all that may stop or surprise one on the host. Parts that fail by themselves are in the answer as failures.
 *
 * @throws AnyIPError when the host cannot be logged in to, or gives no root's rights
 */
export async function inspectHost(connection: ConnectionSpec): Promise<Inspection> {
  return await withShell(connection, async (shell) => {
    const facts = parseFacts(await shell.ask(formatFactsScript));
    // Another one answers nothing of what follows.
    if (!hasUsableIp(facts)) return { facts };
    const surroundings = await part(() => shell.lookAround());
    // Last, for a directory that is none ends the shell.
    const managed = await part(() => listManaged(shell));
    if (isFailedLook(managed)) return { facts, managed, surroundings };
    const names = new Set([
      ...managed.routes.map(({ record }) => recordName(record.route)),
      ...managed.unreadable.map(({ name }) => name),
    ]);
    const unrecorded =
      facts.ownRoutes && findUnrecorded(facts.ownRoutes, (key) => names.has(recordName(key)));
    const persistence = shell.persistenceFacts;
    return { facts, managed, surroundings, persistence, ...(unrecorded ? { unrecorded } : {}) };
  });
}

async function withShell<T>(connection: ConnectionSpec, work: (shell: RootShell) => Promise<T>): Promise<T> {
  const label = describeHop(connection);
  const timeoutMs = connection.commandTimeoutSeconds * 1000;
  const runner = await connectSsh2(connection);
  try {
    const access = new RootAccess(label, connection, timeoutMs);
    const shell = await RootShell.open(runner, access, label, timeoutMs);
    try {
      return await work(shell);
    } finally {
      shell.close();
    }
  } finally {
    runner.close();
  }
}

/** Reads the records to know their tables, and then both at once, as nobody holds the lock meanwhile. */
async function listManaged(shell: RootShell): Promise<ManagedListing> {
  const first = await shell.survey([]);
  const names = tablesOf(sortEntries(first.records.entries()).records);
  const { tables, records } = names.length === 0 ? first : await shell.survey(names);
  const byName = new Map(
    tables.flatMap((table, index) => {
      const name = names[index];
      return name ? [[tableKey(name), table] as const] : [];
    }),
  );
  const { records: readable, unreadable } = sortEntries(records.entries());
  return { routes: compareWithTables(readable, byName, shell.hostMachineId), unreadable };
}

/** What one part may fail with while the others are worth telling. */
const partCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["UNEXPECTED_OUTPUT", "HOST_UNSUPPORTED"]);

/** What one part of a look brings, or why it failed. A connection that is gone fails all of it. */
async function part<T extends object>(look: () => Promise<T>): Promise<T | FailedLook> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof AnyIPError) || !partCodes.has(error.code)) throw error;
    return { message: error.message, code: error.code };
  }
}
