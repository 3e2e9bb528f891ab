// The examples as projects: each is copied with what it shares with the repository, which stays as it is.
import type { Host, Sandbox } from "../../sandbox";
import { type ProjectOptions, PulumiProject } from "./pulumi-project";

// Not the repository's, whose name and exports would make the copy resolve pulumi-anyip to itself.
const ownPackage = { "package.json": '{ "private": true }\n' };

/** What the quickstart and the examples beside it ask of their configuration. */
export function configureFor(sandbox: Sandbox, host: Host): Record<string, string> {
  return { host: host.address, privateKeyPath: sandbox.keyPath, knownHosts: sandbox.knownHostsPath };
}

/** The root Pulumi.yaml, which is the quickstart's. */
export function openQuickstart(options: ProjectOptions): Promise<PulumiProject> {
  const copies = ["Pulumi.yaml", "tsconfig.json", "examples/quickstart"];
  return PulumiProject.create({ copies, files: ownPackage, ...options });
}

/** examples/NAME, which has a Pulumi.yaml of its own. */
export function openExample(name: string, options: ProjectOptions): Promise<PulumiProject> {
  const at = `examples/${name}`;
  return PulumiProject.create({ copies: ["tsconfig.json", at], files: ownPackage, at, ...options });
}
