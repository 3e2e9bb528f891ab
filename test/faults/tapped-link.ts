// The cable between the provider and a host, with a tap that counts: something can be made to happen at any byte.
import { connect, createServer, type Server, type Socket } from "node:net";

export type Direction = "toHost" | "fromHost";

/**
 * After so many bytes of a run, encrypted and all: in one direction, or since one side began to speak, `turn` counting how
 * often that was. Where a turn ends before, at its end.
 */
export type Moment =
  | { readonly direction: Direction; readonly bytes: number }
  | { readonly turn: number; readonly bytes: number };

interface Trap {
  readonly moment: Moment;
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
  private turn = { number: 0, direction: "toHost" as Direction, bytes: 0 };
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
    this.turn = { number: 0, direction: "toHost", bytes: 0 };
    this.trap = { moment, strike };
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
      if (pair.ended.has(direction) && !this.isStill) pair.sockets[direction].end();
    }
    if (pair.ended.size === 2) this.pairs.delete(pair);
  }

  private pass(pair: Pair, direction: Direction, chunk: Buffer): void {
    if (this.turn.direction !== direction) this.turn = { number: this.turn.number + 1, direction, bytes: 0 };
    const left = this.countLeft(direction);
    const now = chunk.subarray(0, left);
    this.passed[direction] += now.length;
    this.turn.bytes += now.length;
    if (now.length > 0) pair.sockets[direction].write(now);
    if (left > chunk.length) return;
    const strike = this.trap?.strike;
    this.trap = undefined;
    pair.queues[direction].unshift(chunk.subarray(now.length));
    this.isStill = true;
    // What has been written must be on its way before it happens.
    if (strike) setImmediate(strike);
  }

  /** How many bytes may still pass in this direction. */
  private countLeft(direction: Direction): number {
    if (!this.trap) return Infinity;
    const { moment } = this.trap;
    if ("turn" in moment) {
      if (this.turn.number < moment.turn) return Infinity;
      return this.turn.number > moment.turn ? 0 : Math.max(0, moment.bytes - this.turn.bytes);
    }
    return moment.direction === direction ? Math.max(0, moment.bytes - this.passed[direction]) : Infinity;
  }

  private end(pair: Pair): void {
    this.pairs.delete(pair);
    for (const direction of ["toHost", "fromHost"] as const) {
      pair.queues[direction].length = 0;
      pair.sockets[direction].destroy();
    }
  }
}
