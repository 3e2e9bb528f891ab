// A shell with root's rights on the host, and the conversation with it: a batch at a time, part by part.
// It knows the parts of a batch (batch-script.ts) and nothing of why a route is changed.
import type { Address } from "../../net/address";
import { AnyIPError } from "../errors";
import type { CommandChannel, CommandRunner } from "../transport/command-runner";
import { readBackends, readTables, requireWritten, splitRecords } from "./batch-answers";
import {
  batchMarkers,
  formatApplyScript,
  formatConfirmation,
  formatInstallScript,
  formatObserveScript,
  formatStartScript,
  type HostChange,
  type LockStep,
} from "./batch-script";
import { isBusyboxUsage } from "./busybox";
import { busybox, type Dialect, iproute2 } from "./dialect";
import { explainFailedInstall, explainSilentShell } from "./explain";
import {
  emptyTable,
  lockTimeoutSeconds,
  type Observation,
  type ObservedTable,
  type PersistenceFacts,
  type TableName,
} from "./host";
import { parseBatchReport } from "./iproute2";
import { parseSshPeer, parseSurroundings } from "./look-around";
import { makeNonce } from "./nonce";
import type { BackendName } from "./persistence/paths";
import { changedName } from "./record";
import { RecordListing } from "./record-listing";
import type { RecordSelection } from "./record-script";
import type { RootAccess } from "./root-access";
import type { RouteKey } from "./route";
import { SeenUnderLock, type Wish } from "./seen-under-lock";
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
  private seen = new SeenUnderLock();
  private sshPeer: Address | undefined;
  private persistence: PersistenceFacts = { runs: [], installed: [] };
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

  /** How this host can restore routes at boot, as of the last look at records. */
  get persistenceFacts(): PersistenceFacts {
    return this.persistence;
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
    return this.seen.surroundings ?? noSurroundings;
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
    return this.present(tables[0] ?? emptyTable, records, records);
  }

  /**
   * Looks at tables and records under the host's lock, which is held from then on but passed to others now and then. Takes
   * no look where an earlier one will do, and shows the surroundings to all that do more than take away.
   */
  async look(wishes: readonly Wish[]): Promise<(reads: Reads) => Observation> {
    const lock = this.chooseLockStep();
    if (lock !== "none") this.seen = new SeenUnderLock();
    const { seen } = this;
    const looksAround = seen.surroundings === undefined && wishes.some(({ look }) => look !== "earlier");
    const tables = seen.chooseTables(wishes);
    const records = seen.chooseRecords(wishes);
    if (lock !== "none" || looksAround || tables.length > 0 || records.length > 0) {
      const observed = await this.runObserve(tables, records, lock, looksAround);
      seen.addTables(tables, observed.tables);
      seen.addRecords(observed.records);
      if (lock !== "none") this.lockedSinceMs = performance.now();
    }
    return (reads) => this.present(seen.findTable(reads[0]), seen.records, seen);
  }

  private present(table: ObservedTable, records: RecordListing, lockHold: object): Observation {
    const { machine, machineId, persistence } = this;
    const { surroundings = noSurroundings } = this.seen;
    return {
      table,
      machine,
      machineId,
      surroundings,
      persistence,
      findRecord: (key) => records.find(key),
      hasRecord: (record) => records.has(record),
      listRecords: () => records.entries(),
      listCovered: () => records.covered(),
      lockHold,
    };
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
    const [before, listing] = splitRecords(text);
    this.rememberMachine(before);
    if (dialect !== busybox && isBusyboxUsage(before)) {
      this.dialect = busybox;
      return await this.runObserve(tables, records, "none", looksAround);
    }
    if (records.length > 0)
      this.persistence = { ...this.persistence, installed: readBackends("installed", before) };
    const observed = readTables(this.label, before, tables, dialect);
    if (looksAround) this.seen.surroundings = parseSurroundings(this.label, before, this.sshPeer, dialect);
    return { tables: observed, records: RecordListing.parse(listing, records) };
  }

  /** The first answer of a shell says where it is, and what its init is. */
  private rememberMachine(text: string): void {
    const runs = readBackends("runs", text);
    if (runs.length > 0) this.persistence = { ...this.persistence, runs };
    this.machine = /^@machine (.*)$/m.exec(text)?.[1] ?? this.machine;
    this.machineId = /^@machine-id ([0-9a-f]{32})$/m.exec(text)?.[1] ?? this.machineId;
  }

  private chooseLockStep(): LockStep {
    if (this.lockedSinceMs === undefined) return "take";
    return performance.now() - this.lockedSinceMs > maxLockHoldMs ? "pass" : "none";
  }

  /**
   * Makes the host restore at boot what it has on record.
   *
   * @throws AnyIPError HOST_UNSUPPORTED when it cannot; then it is as before
   */
  async install(name: BackendName): Promise<void> {
    this.channel.write(formatInstallScript(this.nonce, name));
    const text = await this.channel.readUntilLine(this.markers.installed, this.commandTimeoutMs);
    const [output = "", code] = text.split(/^@exit ([0-9]+)$/m);
    if (code !== "0") throw explainFailedInstall(this.label, name, output);
    const { runs, installed } = this.persistence;
    this.persistence = { runs, installed: [...installed, name] };
  }

  /** Applies the changes; the answer has the kernel's words for each step that failed, by its number from 1. */
  async apply(
    changes: readonly HostChange[],
    verify: readonly TableName[],
    confirmTimeoutSeconds: number,
  ): Promise<ReadonlyMap<number, string>> {
    this.seen.noteSteps(changes);
    this.channel.write(formatApplyScript(this.nonce, changes, verify, confirmTimeoutSeconds, this.dialect));
    const waitMs = this.commandTimeoutMs + confirmTimeoutSeconds * 1000;
    const text = await this.channel.readUntilLine(this.markers.applied, waitMs);
    requireWritten(this.label, text);
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
    const text = await this.awaitDone();
    requireWritten(this.label, text);
    const observed = readTables(this.label, text, verify, this.dialect);
    this.seen.addTables(verify, observed);
    this.seen.noteRecords(changes.filter((change) => !dropped.includes(change)));
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
