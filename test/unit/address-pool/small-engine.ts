// What the engine does with one AddressPool: check, diff, create or update or replace, and what it keeps of that.
import { createAddressPoolProvider } from "../../../provider/address-pool/provider";

export type Properties = Record<string, unknown>;

export interface Outcome {
  readonly done: "create" | "update" | "replace" | "same" | "refused" | "failed";
  /** What was foreseen at preview; undefined where it was not known. */
  readonly foreseen?: Record<string, string> | undefined;
  /** What a person reads. */
  readonly said: string;
}

export class SmallEngine {
  nowMs = Date.parse("2026-11-25T12:00:00Z");
  readonly warnings: string[] = [];
  inputs: Properties = {};
  outputs: Properties | undefined;
  readonly provider = createAddressPoolProvider({
    now: () => this.nowMs,
    warn: (line) => this.warnings.push(line),
  });

  /** What each name has. */
  get results(): Record<string, string> {
    return readResults(this.outputs) ?? {};
  }

  async up(program: Properties): Promise<Outcome> {
    let checked = await this.provider.check(this.inputs, program);
    if (checked.failures?.length) return { done: "refused", said: sayFailures(checked.failures) };
    const diff = this.outputs && (await this.provider.diff("id", this.outputs, checked.inputs));
    if (diff && !diff.changes) return { done: "same", foreseen: readResults(checked.inputs), said: "" };
    const isReplaced = (diff?.replaces ?? []).length > 0;
    if (isReplaced) checked = await this.provider.check({}, program);
    if (checked.failures?.length) return { done: "refused", said: sayFailures(checked.failures) };
    const { inputs } = checked;
    try {
      const { outs } =
        this.outputs && !isReplaced
          ? await this.provider.update("id", this.outputs, inputs)
          : await this.provider.create(inputs);
      const done = !this.outputs ? "create" : isReplaced ? "replace" : "update";
      this.inputs = inputs;
      this.outputs = outs;
      return { done, foreseen: readResults(inputs), said: "" };
    } catch (error) {
      return { done: "failed", said: error instanceof Error ? error.message : String(error) };
    }
  }

  async refresh(): Promise<void> {
    const { props, inputs } = await this.provider.read("id", this.outputs);
    this.outputs = props;
    this.inputs = inputs ?? this.inputs;
  }
}

function sayFailures(failures: readonly { property: string; reason: string }[]): string {
  return failures.map(({ property, reason }) => `${property}: ${reason}`).join("\n");
}

function readResults(properties: Properties | undefined): Record<string, string> | undefined {
  return typeof properties?.results === "string" ? JSON.parse(properties.results) : undefined;
}
