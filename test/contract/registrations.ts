// What classes register, seen by the SDK's own mocks.
import * as pulumi from "@pulumi/pulumi";
import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";
import { beforeAll, beforeEach } from "vitest";

/** A registration as it goes over the wire; the mocks themselves see it with the secrets merged upwards. */
export interface Registration {
  readonly type: string;
  readonly inputs: Record<string, unknown>;
  /** Of the line of the program, which the SDK finds in functions that have a name. */
  readonly source: string | undefined;
}

/**
 * Runs the tests of a file, or of a `describe`, in stack `dev` of project `shop`, against an engine of mocks.
 *
 * @param newResource what becomes of a resource that is registered.
 * @returns what the test under way has registered.
 */
export function mockEngine(newResource: pulumi.runtime.Mocks["newResource"]): readonly Registration[] {
  const registered: Registration[] = [];
  beforeAll(async () => {
    await pulumi.runtime.setMocks({ newResource, call: () => ({}) }, "shop", "dev");
    const monitor: unknown = pulumi.runtime.getMonitor();
    if (typeof monitor !== "object" || monitor === null) throw new Error("the mocks have no monitor");
    const registerResource: unknown = Reflect.get(monitor, "registerResource");
    if (typeof registerResource !== "function") throw new Error("the mocks' monitor registers nothing");
    Reflect.set(monitor, "registerResource", (request: RegisterResourceRequest, answer: unknown) => {
      const inputs = request.getObject()?.toJavaScript() ?? {};
      registered.push({ type: request.getType(), inputs, source: request.getSourceposition()?.getUri() });
      return registerResource.call(monitor, request, answer);
    });
  });
  beforeEach(() => {
    registered.length = 0;
  });
  return registered;
}
