// What tests, the demo, the benchmark and the command line use of the sandbox.

export { createSandbox, listSandboxes, openSandbox } from "./create-sandbox";
export type { Host } from "./host";
export type { Sandbox } from "./sandbox";
