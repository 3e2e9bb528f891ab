// The cable between the provider and a host, with a tap that counts: something can be made to happen at any byte.
import { connect, createServer, type Server, type Socket } from "node:net";

export type Direction = "toHost" | "fromHost";

/** After so many bytes of a run that went in this direction, encrypted and all. */
export interface Moment {
  readonly direction: Direction;
  readonly bytes: number;
}

interface Trap extends Moment {
  readonly strike: () => void;
}

interface Pair {
  readonly sockets: Record<Direction, Socket>;
  readonly queues: Record<Direction, Buffer[]>;
  readonly ended: Set<Direction>;
}

const opposite = { toHost: "fromHost", fromHost: "toHost" } as const;

export class TappedLink {
  private readonly server: Server;
  private readonly pairs = new Set<Pair>();
  private passed: Record<Direction, number> = { toHost: 0, fromHost: 0 };
  private trap: Trap | undefined;
  private isStill = false;
  private isDown = false;

  private constructor(private readonly target: { readonly address: string; readonly port: number }) {
    this.server = createServer((client) => this.accept(client));
  }

  static async open(target: { readonly address: string; readonly port: number }): Promise<TappedLink> {
    const link = new TappedLink(target);
    await new Promise<void>((resolve) => link.server.listen(0, "127.0.0.1", resolve));
    return link;
  }

  /** On 127.0.0.1. */
  get port(): number {
    const address = this.server.address();
    if (typeof address !== "object" || address === null) throw new Error("the link has been closed");
    return address.port;
  }

  /** Counts from here. At the moment given `strike` is called, and nothing passes until `restore` or `drop`. */
  expect(moment: Moment, strike: () => void): void {
    this.passed = { toHost: 0, fromHost: 0 };
    this.trap = { ...moment, strike };
  }

  /** The moment need not come any more. */
  forget(): void {
    this.trap = undefined;
  }

  /** Ends every connection, with what is still on its way. */
  drop(): void {
    for (const pair of this.pairs) this.end(pair);
  }

  /** From here on nothing passes, and nobody is told. */
  hold(): void {
    this.isStill = true;
  }

  /** From here on nobody can connect; who tries is told. */
  refuse(): void {
    this.isDown = true;
  }

  /** All passes again. */
  restore(): void {
    this.isStill = false;
    this.isDown = false;
    for (const pair of this.pairs) this.pump(pair);
  }

  close(): void {
    this.trap = undefined;
    this.drop();
    this.server.close();
  }

  private accept(client: Socket): void {
    if (this.isDown) return void client.destroy();
    const host = connect({ host: this.target.address, port: this.target.port });
    const pair: Pair = {
      sockets: { toHost: host, fromHost: client },
      queues: { toHost: [], fromHost: [] },
      ended: new Set(),
    };
    this.pairs.add(pair);
    for (const direction of ["toHost", "fromHost"] as const) {
      const source = pair.sockets[opposite[direction]];
      source.setNoDelay(true);
      source.on("data", (chunk: Buffer) => {
        pair.queues[direction].push(chunk);
        this.pump(pair);
      });
      source.on("error", () => {});
      source.on("close", () => {
        pair.ended.add(direction);
        this.pump(pair);
      });
    }
  }

  private pump(pair: Pair): void {
    for (const direction of ["toHost", "fromHost"] as const) {
      for (let chunk = pair.queues[direction].shift(); chunk; chunk = pair.queues[direction].shift()) {
        if (this.isStill) {
          pair.queues[direction].unshift(chunk);
          return;
        }
        this.pass(pair, direction, chunk);
      }
      if (pair.ended.has(direction) && !this.isStill) {
        this.pairs.delete(pair);
        pair.sockets[direction].end();
      }
    }
  }

  private pass(pair: Pair, direction: Direction, chunk: Buffer): void {
    const left = this.trap?.direction === direction ? this.trap.bytes - this.passed[direction] : Infinity;
    const now = chunk.subarray(0, Math.max(0, left));
    this.passed[direction] += now.length;
    if (now.length > 0) pair.sockets[direction].write(now);
    if (left > chunk.length) return;
    const strike = this.trap?.strike;
    this.trap = undefined;
    pair.queues[direction].unshift(chunk.subarray(now.length));
    this.isStill = true;
    // What has been written must be on its way before it happens.
    if (strike) setImmediate(strike);
  }

  private end(pair: Pair): void {
    this.pairs.delete(pair);
    for (const direction of ["toHost", "fromHost"] as const) {
      pair.queues[direction].length = 0;
      pair.sockets[direction].destroy();
    }
  }
}
