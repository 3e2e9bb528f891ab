// Finds the sandbox that a person means.

import { listSandboxes, type Sandbox } from "../../sandbox";

/** @throws Error that lists those there are. */
export async function findSandbox(name = "default"): Promise<Sandbox> {
  const sandboxes = await listSandboxes();
  const found = sandboxes.find((sandbox) => sandbox.name === name);
  if (found !== undefined) return found;
  const names = sandboxes.map((sandbox) => sandbox.name).join(", ");
  throw new Error(
    `there is no sandbox ${JSON.stringify(name)}; ${names ? `there are ${names}` : "`pulumi-anyip sandbox up` makes one"}`,
  );
}
