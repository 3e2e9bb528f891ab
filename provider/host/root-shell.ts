// A shell with root's rights on the host, and the conversation with it: a batch at a time, part by part.
// It knows the parts of a batch (batch-script.ts) and nothing of why a route is changed.
import type { Address } from "../../net/address";
import { AnyIPError } from "../errors";
import type { CommandChannel, CommandRunner } from "../transport/command-runner";
import {
  batchMarkers,
  formatApplyScript,
  formatConfirmation,
  formatObserveScript,
  formatStartScript,
  type HostChange,
  type LockStep,
  lockTimeoutSeconds,
} from "./batch-script";
import { isBusyboxUsage } from "./busybox";
import { busybox, type Dialect, iproute2 } from "./dialect";
import { explainSilentShell } from "./explain";
import {
  distinctTables,
  emptyTable,
  type Observation,
  type ObservedTable,
  type TableName,
  tableKey,
} from "./host";
import { parseBatchReport } from "./iproute2";
import { parseSshPeer, parseSurroundings } from "./look-around";
import { makeNonce } from "./nonce";
import { changedName, hostDirectory, recordName } from "./record";
import { RecordListing } from "./record-listing";
import type { RecordSelection } from "./record-script";
import type { RootAccess } from "./root-access";
import type { RouteKey } from "./route";
import { noSurroundings, type Surroundings } from "./surroundings";

/** The routes that one operation looks at; all of one table. */
export type Reads = readonly [RouteKey, ...RouteKey[]];

/** A login shell may print this much before it runs what it was asked to run. */
const maxChatterBytes = 1024 * 1024;
/** A long run passes the lock to those who wait for it this often. */
const maxLockHoldMs = 2000;

export class RootShell {
  private readonly markers: ReturnType<typeof batchMarkers>;
  private isReady = false;
  /** Taken for iproute2's until an answer shows that it is not, so that nobody has to ask. */
  private dialect: Dialect = iproute2;
  private machine = "";
  private machineId = "-";
  private lockedSinceMs: number | undefined;
  private readonly looks = new Map<string, ObservedTable>();
  /** Those seen since the lock was taken: only who has the lock changes a record. */
  private records = new RecordListing();
  private hasLookedForRecords = false;
  private sshPeer: Address | undefined;
  /** What the host must go on reaching, as seen since the lock was taken. */
  private surroundings: Surroundings | undefined;
  private isClosed = false;

  private constructor(
    private readonly channel: CommandChannel,
    private readonly nonce: string,
    /** What was printed before the shell was there. */
    private readonly greeting: string,
    /** How messages name the host. */
    readonly label: string,
    private readonly commandTimeoutMs: number,
  ) {
    this.markers = batchMarkers(nonce);
  }

  /** False once it has been closed. */
  get isOpen(): boolean {
    return !this.isClosed;
  }

  /** @throws AnyIPError CONNECTION_LOST; NO_PRIVILEGE, which the first look may say as well */
  static async open(
    runner: CommandRunner,
    access: RootAccess,
    label: string,
    commandTimeoutMs: number,
  ): Promise<RootShell> {
    const nonce = makeNonce();
    const { channel, greeting } = await access.open(runner, nonce);
    const shell = new RootShell(channel, nonce, greeting, label, commandTimeoutMs);
    channel.write(formatStartScript(nonce));
    return shell;
  }

  /** Ends the shell. What it has not been told to keep, it takes back. */
  close(): void {
    this.isClosed = true;
    this.channel.end();
    this.channel.close();
  }

  /** Which machine this is (machine-id(5)); `-` for one that has no id, and until something was asked. */
  get hostMachineId(): string {
    return this.machineId;
  }

  /** Reads tables as they are, and then all records, without the lock. */
  async survey(
    names: readonly TableName[],
  ): Promise<{ readonly tables: ObservedTable[]; readonly records: RecordListing }> {
    return await this.runObserve(names, "all", "none");
  }

  /** Reads what the host must go on reaching, without the lock. */
  async lookAround(): Promise<Surroundings> {
    await this.runObserve([], [], "none", true);
    return this.surroundings ?? noSurroundings;
  }

  /** Runs a script that changes nothing, and returns what it prints before the marker that it is given. */
  async ask(formatScript: (marker: string) => string): Promise<string> {
    this.channel.write(formatScript(this.markers.observed));
    if (!this.isReady) await this.awaitReady();
    const text = await this.channel.readUntilLine(this.markers.observed, this.commandTimeoutMs);
    this.rememberMachine(text);
    return text;
  }

  /** Reads a table as it is, and all records, without the lock. */
  async observe(name: TableName): Promise<Observation> {
    const { tables, records } = await this.survey([name]);
    return this.present(tables[0] ?? emptyTable, records);
  }

  /**
   * Looks at tables and records under the host's lock, which is held from then on but passed to others now and then. For
   * tables in `earlierWillDo` a look that was taken since the lock was will do; who looks afresh is shown the
   * surroundings, too.
   */
  async look(
    fresh: readonly Reads[],
    earlierWillDo: readonly Reads[],
  ): Promise<(reads: Reads) => Observation> {
    const lock = this.chooseLockStep();
    if (lock !== "none") this.forget();
    const looksAround = fresh.length > 0 && this.surroundings === undefined;
    const known = ([key]: Reads) => this.looks.has(tableKey(key));
    const tables = distinctTables(
      [...fresh, ...earlierWillDo.filter((reads) => !known(reads))].map(([key]) => key),
    );
    const records = this.chooseRecords([...fresh, ...earlierWillDo].flat());
    if (lock !== "none" || tables.length > 0 || records.length > 0) {
      const observed = await this.runObserve(tables, records, lock, looksAround);
      this.remember(tables, observed.tables);
      this.records.add(observed.records);
      this.hasLookedForRecords = true;
      if (lock !== "none") this.lockedSinceMs = performance.now();
    }
    return (reads) => this.present(this.looks.get(tableKey(reads[0])) ?? emptyTable, this.records);
  }

  private forget(): void {
    this.looks.clear();
    this.records = new RecordListing();
    this.hasLookedForRecords = false;
    this.surroundings = undefined;
  }

  /** Those that are not known yet; all there are where it would be the second time, since operations come in masses. */
  private chooseRecords(keys: readonly RouteKey[]): RecordSelection {
    const names = [...new Set(keys.map(recordName))].filter((name) => !this.records.knows(name));
    return names.length > 0 && this.hasLookedForRecords ? "all" : names;
  }

  private present(table: ObservedTable, records: RecordListing): Observation {
    const { machine, machineId, surroundings = noSurroundings } = this;
    return { table, machine, machineId, surroundings, findRecord: (key) => records.find(key) };
  }

  private async runObserve(
    tables: readonly TableName[],
    records: RecordSelection,
    lock: LockStep,
    looksAround = false,
  ): Promise<{ tables: ObservedTable[]; records: RecordListing }> {
    const { dialect } = this;
    this.channel.write(formatObserveScript(this.nonce, tables, records, lock, looksAround, dialect));
    if (!this.isReady) await this.awaitReady();
    const lockWaitMs = lock === "none" ? 0 : lockTimeoutSeconds * 1000;
    const text = await this.channel.readUntilLine(this.markers.observed, this.commandTimeoutMs + lockWaitMs);
    const [before = "", listing = ""] = splitOnce(text, /^@records\n/m);
    this.rememberMachine(before);
    if (dialect !== busybox && isBusyboxUsage(before)) {
      this.dialect = busybox;
      return await this.runObserve(tables, records, "none", looksAround);
    }
    const observed = readSections(this.label, before, tables, dialect);
    if (looksAround) this.surroundings = parseSurroundings(this.label, before, this.sshPeer, dialect);
    return { tables: observed, records: RecordListing.parse(listing, records) };
  }

  /** The first answer of a shell says where it is. */
  private rememberMachine(text: string): void {
    this.machine = /^@machine (.*)$/m.exec(text)?.[1] ?? this.machine;
    this.machineId = /^@machine-id ([0-9a-f]{32})$/m.exec(text)?.[1] ?? this.machineId;
  }

  private remember(tables: readonly TableName[], observed: readonly ObservedTable[]): void {
    for (const [index, name] of tables.entries())
      this.looks.set(tableKey(name), observed[index] ?? emptyTable);
  }

  private chooseLockStep(): LockStep {
    if (this.lockedSinceMs === undefined) return "take";
    return performance.now() - this.lockedSinceMs > maxLockHoldMs ? "pass" : "none";
  }

  /** Applies the changes; the answer has the kernel's words for each step that failed, by its number from 1. */
  async apply(
    changes: readonly HostChange[],
    verify: readonly TableName[],
    confirmTimeoutSeconds: number,
  ): Promise<ReadonlyMap<number, string>> {
    // What a step makes, an earlier look cannot show. What a delete takes away is never asked for again.
    for (const { step } of changes)
      if (step && step.kind !== "delete") this.looks.delete(tableKey(step.route));
    this.channel.write(formatApplyScript(this.nonce, changes, verify, confirmTimeoutSeconds, this.dialect));
    const waitMs = this.commandTimeoutMs + confirmTimeoutSeconds * 1000;
    const text = await this.channel.readUntilLine(this.markers.applied, waitMs);
    if (/^@unwritten$/m.test(text)) {
      const message = `${this.label}: the ownership records cannot be written under ${hostDirectory}; is /run full or read-only?`;
      throw new AnyIPError("HOST_UNSUPPORTED", message, { facts: { host: this.label } });
    }
    const report = parseBatchReport(text);
    if (report.complete) return report.failures;
    const message = `${this.label}: \`ip -batch\` gave up before its end: ${report.lastWords}`;
    throw new AnyIPError("ROUTE_REJECTED", message, {
      facts: { host: this.label, output: report.lastWords },
    });
  }

  /** Tells the host to keep what was applied, but for `dropped`, and reads the tables again. Ends the batch. */
  async confirm(
    changes: readonly HostChange[],
    dropped: readonly HostChange[],
    verify: readonly TableName[],
  ): Promise<ObservedTable[]> {
    const names = dropped.flatMap(({ record }) => (record ? [changedName(record)] : []));
    this.channel.write(`${formatConfirmation(this.nonce, names)}\n`);
    const observed = readSections(this.label, await this.awaitDone(), verify, this.dialect);
    this.remember(verify, observed);
    for (const change of changes)
      if (change.record && !dropped.includes(change)) this.records.apply(change.record);
    return observed;
  }

  private async awaitReady(): Promise<void> {
    try {
      const { ready } = this.markers;
      const text = await this.channel.readUntilLine(ready, this.commandTimeoutMs, maxChatterBytes);
      this.sshPeer = parseSshPeer(this.greeting + text, this.nonce);
      this.isReady = true;
    } catch (error) {
      throw explainSilentShell(this.label, error);
    }
  }

  /** Only the end marker says that a change was kept: a channel that merely closes proves nothing. */
  private async awaitDone(): Promise<string> {
    return await this.channel.readUntilLine(this.markers.done, this.commandTimeoutMs);
  }
}

function splitOnce(text: string, pattern: RegExp): string[] {
  const found = pattern.exec(text);
  return found ? [text.slice(0, found.index), text.slice(found.index + found[0].length)] : [text];
}

/** Reads `@table I`, the listing, `@exit N` for each table; `@missing WHAT` and `@busy` instead of them. */
function readSections(
  label: string,
  text: string,
  tables: readonly TableName[],
  dialect: Dialect,
): ObservedTable[] {
  const missing = /^@missing (.*)$/m.exec(text);
  if (missing) {
    const what = missing[1] ?? "";
    const message = what.startsWith("/")
      ? `${label}: cannot use the directory ${what} for the lock; root must be able to make it, and nothing else may be there`
      : `${label}: no \`${what}\` in PATH or /usr/sbin:/sbin; install ${what === "ip" ? "iproute2" : "util-linux"}`;
    throw new AnyIPError("HOST_UNSUPPORTED", message, { facts: { host: label } });
  }
  if (/^@busy$/m.test(text)) {
    const message = `${label}: another run has held the lock for ${lockTimeoutSeconds} s; let it finish and run again`;
    throw new AnyIPError("HOST_BUSY", message, { retryable: true, facts: { host: label } });
  }
  return tables.map((name, index) => {
    const start = text.indexOf(`@table ${index}\n`);
    const end = text.indexOf("\n@exit ", start);
    const listing = start < 0 || end < 0 ? undefined : text.slice(text.indexOf("\n", start) + 1, end + 1);
    const exitCode = /^\n@exit ([0-9]+)$/m.exec(text.slice(end))?.[1];
    if (listing === undefined || !isUsableListing(listing, exitCode)) {
      const output = (listing ?? text).slice(0, 500);
      const message = `${label}: could not list table ${name.table} of ${name.family}: ${output}`;
      throw new AnyIPError("UNEXPECTED_OUTPUT", message, { facts: { host: label, output } });
    }
    return dialect.parseTable(listing, name);
  });
}

/** A table that nothing was ever put into does not exist, which `ip` calls an error and we call empty. */
function isUsableListing(listing: string, exitCode: string | undefined): boolean {
  return exitCode === "0" || /FIB table does not exist/.test(listing);
}
