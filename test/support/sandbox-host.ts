// One root host for all the tests of a file, and the arguments by which a resource gets to it.
import { afterAll, beforeAll } from "vitest";
import { createSandbox, type Host, type Sandbox } from "../../sandbox";
import { type ConnectionInputs, connectionInputs } from "./sandbox-connection";

type Args = Readonly<Record<string, unknown>>;

/** Makes the host before the tests and removes it after them. */
export class SandboxHost {
  private sandbox: Sandbox | undefined;

  /**
   * @param args what every resource has, unless it says otherwise
   * @param connection what every connection has besides the way to the host
   */
  constructor(
    private readonly args: Args = {},
    private readonly connection: ConnectionInputs = {},
  ) {
    beforeAll(async () => {
      this.sandbox = await createSandbox();
    });
    afterAll(() => this.sandbox?.close());
  }

  get machine(): Host {
    return this.present.host("web1");
  }

  /** The `connection` input that leads to the host. */
  connect(overrides: ConnectionInputs = {}): ConnectionInputs {
    return connectionInputs(this.present, this.machine, { ...this.connection, ...overrides });
  }

  argsFor(more: Args = {}): Args {
    return { connection: this.connect(), ...this.args, ...more };
  }

  private get present(): Sandbox {
    if (!this.sandbox) throw new Error("the host is there once the tests run, not before");
    return this.sandbox;
  }
}
