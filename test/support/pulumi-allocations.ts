// A Pulumi project whose program is a list of AddressAllocations that a test writes down.
import { PulumiProject } from "./pulumi-project";
import type { RouteArgs } from "./pulumi-routes";

type Declared = Readonly<Record<string, RouteArgs>>;

/** A project that allocates what the last `declare` says. */
export class AllocationsProject {
  private constructor(readonly pulumi: PulumiProject) {}

  /** `name` is the project's. */
  static async create(name = "allocations"): Promise<AllocationsProject> {
    return new AllocationsProject(
      await PulumiProject.createFor("test/acceptance/programs/allocations.cjs", name),
    );
  }

  /** What the program has from now on; `$route` of an allocation is the name of the route whose prefix is its pool. */
  declare(connection: unknown, allocations: Declared, routes: Declared = {}): void {
    this.pulumi.setEnvironment({ ALLOCATIONS: JSON.stringify({ connection, routes, allocations }) });
  }

  close(): void {
    this.pulumi.close();
  }
}
