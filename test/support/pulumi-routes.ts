// A Pulumi project whose program is a list of AnyIPRoutes that a test writes down.
import type { Host, Sandbox } from "../../sandbox";
import { PulumiProject } from "./pulumi-project";

/** Arguments of an AnyIPRoute, right or wrong, and what programs/routes.cjs says about `$…`. */
export type RouteArgs = Readonly<Record<string, unknown>>;

/** What a program needs to log in to a host. */
export function connectTo(sandbox: Sandbox, host: Host): Record<string, unknown> {
  return {
    host: host.address,
    user: host.user,
    port: host.port,
    privateKeyPath: sandbox.keyPath,
    knownHosts: sandbox.knownHostsPath,
  };
}

/** A project that binds the routes of the last `declare`. */
export class RoutesProject {
  private constructor(readonly pulumi: PulumiProject) {}

  /** `name` is the project's. */
  static async create(name = "routes"): Promise<RoutesProject> {
    return new RoutesProject(await PulumiProject.createFor("test/acceptance/programs/routes.cjs", name));
  }

  /**
   * What the program binds from now on; `connection` is for the routes without one of their own. Unless told otherwise
   * they don't persist: most test hosts have no init, and so nothing that would restore routes at boot.
   */
  declare(connection: unknown, given: Readonly<Record<string, RouteArgs>>): void {
    const routes = Object.fromEntries(
      Object.entries(given).map(([name, args]) => [name, { persist: "none", ...args }]),
    );
    this.pulumi.setEnvironment({ ROUTES: JSON.stringify({ connection, routes }) });
  }

  close(): void {
    this.pulumi.close();
  }
}
