// Keeps the number of handshakes at once below what sshd starts to drop (MaxStartups), per sshd and in all.

/** Facts S5: at 20 parallel logins to one sshd, 5 are lost. */
const PER_SSHD = 4;
const IN_ALL = 32;

export class HandshakeGate {
  private readonly perSshd = new Map<string, number>();
  private total = 0;
  private readonly waiting: { address: string; start: () => void }[] = [];

  constructor(
    private readonly perSshdLimit = PER_SSHD,
    private readonly totalLimit = IN_ALL,
  ) {}

  /** Runs `handshake` when its turn comes. `address` names the sshd, and the way to it where there is one. */
  async run<T>(address: string, handshake: () => Promise<T>): Promise<T> {
    if (!this.tryEnter(address)) {
      await new Promise<void>((start) => this.waiting.push({ address, start }));
    }
    try {
      return await handshake();
    } finally {
      this.leave(address);
    }
  }

  private tryEnter(address: string): boolean {
    const running = this.perSshd.get(address) ?? 0;
    if (running >= this.perSshdLimit || this.total >= this.totalLimit) return false;
    this.perSshd.set(address, running + 1);
    this.total++;
    return true;
  }

  private leave(address: string): void {
    const running = (this.perSshd.get(address) ?? 1) - 1;
    if (running > 0) this.perSshd.set(address, running);
    else this.perSshd.delete(address);
    this.total--;
    // The first in line that may go: one busy sshd must not hold up the others.
    const index = this.waiting.findIndex((waiter) => this.tryEnter(waiter.address));
    if (index >= 0) this.waiting.splice(index, 1)[0]?.start();
  }
}
