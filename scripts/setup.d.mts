// Types of setup.mjs for the tests and benchmarks, which are TypeScript.

export class SetupError extends Error {}

export interface NodeInstallation {
  /** Holds this version's `node`; goes first on the PATH. */
  binDir: string;
  /** Holds the newest @pulumi/pulumi and TypeScript. */
  nodeModules: string;
}

export interface SetUpResult {
  /** The engine's folder; null when the PATH has one already. */
  engineDir: string | null;
  pulumiEnv: { PATH: string };
  nodes: Record<string, NodeInstallation>;
}

export function setUp(options?: {
  forTests?: boolean;
  nodeMatrix?: boolean;
  debianTrees?: boolean;
}): Promise<SetUpResult>;

/** @throws SetupError when there is no engine yet */
export function pulumiEnvironment(homeDir: string, stateDir: string): NodeJS.ProcessEnv;
