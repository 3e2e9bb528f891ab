// What the engine does with a program and a state, without the engine: the same calls in the same order, and the state as
// it would be saved. It knows nothing of routes.
import { type ProviderChild, ProviderGone } from "./provider-child";

export type Properties = Readonly<Record<string, unknown>>;

/** Arguments by the resources' names. */
export type Program = Readonly<Record<string, Properties>>;

/** As a person types it. */
export type Verb = "up" | "up --refresh" | "refresh" | "destroy";

/** A resource as the state has it. */
export interface StateEntry {
  readonly name: string;
  readonly id: string;
  readonly inputs: Properties;
  readonly outputs: Properties;
  /** Replaced already, and still to be deleted. */
  readonly isCondemned: boolean;
}

export interface Failure {
  readonly name: string;
  readonly message: string;
  /** The error's code; `GONE` where the provider process ended. */
  readonly code: string | undefined;
}

export class Stack {
  /** What the last checkpoint says. Each answer is saved when it comes; a call without one has left nothing in it. */
  entries: readonly StateEntry[] = [];

  /** @param owner `project/stack` */
  constructor(readonly owner: string) {}

  /** One command of a person's. After a failure no further operations are started; those under way are waited for. */
  async run(verb: Verb, program: Program, provider: ProviderChild): Promise<Failure[]> {
    const failures: Failure[] = [];
    const attempt = async (name: string, work: () => Promise<void>): Promise<void> => {
      try {
        await work();
      } catch (error) {
        failures.push(describeFailure(name, error));
      }
    };
    if (verb === "refresh" || verb === "up --refresh") {
      await Promise.all(this.entries.map((entry) => attempt(entry.name, () => this.read(entry, provider))));
      if (verb === "refresh" || failures.length > 0) return failures;
    }
    const wanted = verb === "destroy" ? [] : Object.entries(program);
    const started: Promise<void>[] = [];
    for (const [name, args] of wanted) {
      await attempt(name, async () => {
        const place = await this.decide(name, args, provider);
        if (place) started.push(attempt(name, place));
      });
      if (failures.length > 0) break;
    }
    await Promise.all(started);
    if (failures.length > 0) return failures;
    const isWanted = (name: string) => wanted.some(([other]) => other === name);
    const unwanted = this.entries.filter(({ name, isCondemned }) => isCondemned || !isWanted(name)).reverse();
    await Promise.all(unwanted.map((entry) => attempt(entry.name, () => this.remove(entry, provider))));
    return failures;
  }

  /** check and diff; the answer does the rest, and is undefined where there is nothing to do. */
  private async decide(
    name: string,
    args: Properties,
    provider: ProviderChild,
  ): Promise<(() => Promise<void>) | undefined> {
    const old = this.entries.find((entry) => entry.name === name && !entry.isCondemned);
    const given = { owner: `${this.owner}/${name}`, ...args };
    const checked = await provider.ask("check", old?.inputs ?? {}, given);
    const { inputs, failures } = checked as { inputs: Properties; failures: readonly unknown[] };
    if (failures.length > 0) throw new Error(JSON.stringify(failures));
    if (!old) return () => this.create(name, inputs, provider);
    const diff = await provider.ask("diff", old.id, old.outputs, inputs);
    const { changes, replaces } = diff as { changes: boolean; replaces: readonly string[] };
    if (replaces.length > 0) return () => this.create(name, inputs, provider, old);
    if (changes) return () => this.update(old, inputs, provider);
    this.exchange(old, { ...old, inputs });
    return undefined;
  }

  private async create(
    name: string,
    inputs: Properties,
    provider: ProviderChild,
    replaced?: StateEntry,
  ): Promise<void> {
    const created = (await provider.ask("create", inputs)) as { id: string; outs: Properties };
    if (replaced) this.exchange(replaced, { ...replaced, isCondemned: true });
    const entry = { name, id: created.id, inputs, outputs: created.outs, isCondemned: false };
    this.entries = [...this.entries, entry];
  }

  private async update(old: StateEntry, inputs: Properties, provider: ProviderChild): Promise<void> {
    const { outs } = (await provider.ask("update", old.id, old.outputs, inputs)) as { outs: Properties };
    this.exchange(old, { ...old, inputs, outputs: outs });
  }

  private async read(entry: StateEntry, provider: ProviderChild): Promise<void> {
    const { id, props } = (await provider.ask("read", entry.id, entry.outputs)) as {
      id: string;
      props: Properties;
    };
    this.exchange(entry, ...(id === "" ? [] : [{ ...entry, id, outputs: props }]));
  }

  private async remove(entry: StateEntry, provider: ProviderChild): Promise<void> {
    await provider.ask("delete", entry.id, entry.outputs);
    this.exchange(entry);
  }

  private exchange(old: StateEntry, ...replacement: StateEntry[]): void {
    this.entries = this.entries.flatMap((entry) => (entry === old ? replacement : [entry]));
  }
}

function describeFailure(name: string, error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof ProviderGone ? "GONE" : /\(([A-Z_]+)\)$/.exec(message)?.[1];
  return { name, message, code };
}
