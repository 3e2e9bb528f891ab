// The providers on real hosts, called as the engine calls them.
import { createAddressAllocationProvider } from "../../provider/address-allocation/provider";
import { createAnyIPRouteProvider } from "../../provider/anyip-route/provider";
import type { FindHost } from "../../provider/host-access";
import { Hosts } from "../../provider/hosts";

type Properties = Readonly<Record<string, unknown>>;

/** Most test hosts have no init, and so nothing that would restore routes at boot. */
const unlessTold = { owner: "project/stack/name", persist: "none" };

/** A resource as the engine has it in its state. */
export interface RecordedResource {
  readonly id: string;
  readonly outputs: Properties;
}

/** What one engine run does with a resource: check, then diff and update, and so on. Each run has its own process. */
export class EngineRun {
  private readonly hosts = new Hosts();
  private readonly provider;
  /** What was to be shown to whoever runs the engine. */
  readonly warnings: string[] = [];

  /** @param nowMs when the run takes place */
  constructor(kind: "AnyIPRoute" | "AddressAllocation" = "AnyIPRoute", nowMs = Date.now()) {
    const findHost: FindHost = (connection, acceptedHostKey) => this.hosts.find(connection, acceptedHostKey);
    const warn = (line: string) => this.warnings.push(line);
    this.provider =
      kind === "AnyIPRoute"
        ? createAnyIPRouteProvider(findHost)
        : createAddressAllocationProvider({ findHost, now: () => nowMs, warn });
  }

  async create(args: Properties): Promise<RecordedResource> {
    const { id, outs } = await this.provider.create(await this.check(args));
    return { id, outputs: outs };
  }

  /** What the program's next run would do: `replace`, `update` or `same`. */
  async preview({ id, outputs }: RecordedResource, args: Properties): Promise<"replace" | "update" | "same"> {
    const diff = await this.provider.diff?.(id, outputs, await this.check(args));
    if (diff?.replaces?.length) return "replace";
    return diff?.changes ? "update" : "same";
  }

  /** undefined when the route is gone. */
  async read({ id, outputs }: RecordedResource): Promise<RecordedResource | undefined> {
    const result = await this.provider.read?.(id, outputs);
    return result?.id ? { id: result.id, outputs: result.props } : undefined;
  }

  async update({ id, outputs }: RecordedResource, args: Properties): Promise<RecordedResource> {
    const result = await this.provider.update?.(id, outputs, await this.check(args));
    return { id, outputs: result?.outs };
  }

  async delete({ id, outputs }: RecordedResource): Promise<void> {
    await this.provider.delete?.(id, outputs);
  }

  private async check(args: Properties): Promise<Properties> {
    const result = await this.provider.check?.({}, { ...unlessTold, ...args });
    if (result?.failures?.length) throw new Error(JSON.stringify(result.failures));
    return result?.inputs;
  }
}
