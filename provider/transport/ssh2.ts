// Connections by the ssh2 library, and the only file that imports it: hop by hop, each one checked and logged in to.

import type { Duplex } from "node:stream";
import {
  type AnyAuthMethod,
  Client,
  type ClientChannel,
  type ParsedKey,
  type ServerHostKeyAlgorithm,
  utils,
} from "ssh2";
import { type ConnectionSpec, describeHop } from "../connection/spec";
import { AnyIPError } from "../errors";
import type { CommandRunner } from "./command-runner";
import type { ParseKey } from "./credentials";
import { type DialError, type DialPause, defaultDialPause, dialWithRetries } from "./dial-error";
import { ExecRunner } from "./exec-runner";
import { explainHandshakeFailure, explainLoginRefusal, type HandshakePhase } from "./handshake-failure";
import { HandshakeGate } from "./handshake-gate";
import { type HopPlan, planHops } from "./hop-plan";
import { formatHostKey, type HostKey, orderHostKeyAlgorithms, readHostKey } from "./host-key";
import { judgeHostKey, listAcceptableTypes } from "./host-key-policy";
import { type ForwardingLink, openForward } from "./jump-forward";
import { createPromptAnswerer, LoginPlan, type LoginStep } from "./login-plan";
import { ServerGreeting } from "./server-greeting";
import { openTcpSocket } from "./tcp-socket";

/** What tests shorten. */
export interface Ssh2Tuning {
  /** Milliseconds between keepalives once logged in; default 5,000. */
  readonly keepaliveIntervalMs: number;
  /** Unanswered keepalives after which the connection counts as lost; default 3. */
  readonly keepaliveCount: number;
  readonly dialPause: DialPause;
}

const DEFAULT_TUNING: Ssh2Tuning = {
  keepaliveIntervalMs: 5_000,
  keepaliveCount: 3,
  dialPause: defaultDialPause,
};

/** After this long, an end that the peer does not answer is made without it. */
const END_GRACE_MS = 1_000;

/** One for the process: sshd counts handshakes, not who asks for them. */
const gate = new HandshakeGate();

/** An authenticated connection to one hop. */
interface Link extends ForwardingLink<ClientChannel> {
  readonly client: Client;
  readonly hostKey: string;
  end(): void;
}

/**
 * Opens a connection to `spec`'s host, through its jump hosts.
 *
 * @throws AnyIPError HOST_UNREACHABLE, HOST_KEY_UNKNOWN, HOST_KEY_MISMATCH, BAD_CREDENTIALS, LOGIN_REFUSED,
 *   ALGORITHM_MISMATCH or CONNECTION_LOST. Only an unreachable host is dialled again.
 */
export async function connectSsh2(
  spec: ConnectionSpec,
  tuning: Partial<Ssh2Tuning> = {},
): Promise<CommandRunner> {
  const settings = { ...DEFAULT_TUNING, ...tuning };
  const links: Link[] = [];
  const endLinks = (): void => {
    for (const link of links.splice(0).reverse()) link.end();
  };
  try {
    for (const plan of await planHops(spec, parseKey)) {
      links.push(await dialHop(plan, links.at(-1), settings));
    }
  } catch (error) {
    endLinks();
    throw error;
  }
  const target = links.at(-1) as Link;
  const runner = new ExecRunner(
    { exec: (command, callback) => target.client.exec(command, callback), end: endLinks },
    describeHop(spec),
    target.hostKey,
  );
  target.onEnd((reason) => {
    runner.loseConnection(reason);
    endLinks();
  });
  return runner;
}

const parseKey: ParseKey<ParsedKey> = (text, passphrase) => {
  const key = utils.parseKey(text, passphrase);
  if (key instanceof Error) return key;
  return key.isPrivateKey() ? key : new Error("not a private key");
};

function dialHop(plan: HopPlan<ParsedKey>, through: Link | undefined, tuning: Ssh2Tuning): Promise<Link> {
  const timeoutMs = plan.hop.perDialTimeoutSeconds * 1000;
  return dialWithRetries(plan.hop, tuning.dialPause, () =>
    gate.run(plan.address, async () => {
      const startedAt = Date.now();
      const stream =
        through === undefined
          ? await openTcpSocket(plan.hop, timeoutMs)
          : await openForward<ClientChannel>(through, plan.hop, timeoutMs);
      return logIn(stream, plan, tuning, Math.max(1, timeoutMs - (Date.now() - startedAt)));
    }),
  );
}

/** Speaks SSH over an open stream: checks the host's key and logs in. @throws AnyIPError or DialError */
function logIn(
  stream: Duplex,
  plan: HopPlan<ParsedKey>,
  tuning: Ssh2Tuning,
  timeoutMs: number,
): Promise<Link> {
  const { hop, rules } = plan;
  return new Promise((resolve, reject) => {
    const client = new Client();
    const greeting = new ServerGreeting();
    const login = new LoginPlan(plan.methods);
    const notes: string[] = [];
    let agentFailed = false;
    let keyAccepted = false;
    let settled = false;
    let provenKey: HostKey | undefined;
    let verdict: AnyIPError | undefined;
    let endReason: string | undefined;
    const endListeners: ((reason: string) => void)[] = [];

    const readPhase = (): HandshakePhase => {
      if (keyAccepted) return "login";
      return greeting.hasBanner ? "key exchange" : "banner";
    };
    const settle = (finish: () => void): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      finish();
    };
    const fail = (reason: AnyIPError | DialError): void =>
      settle(() => {
        client.end();
        stream.destroy();
        reject(reason);
      });
    const failWith = (error: Error | undefined, timedOut = false): void =>
      fail(verdict ?? explainHandshakeFailure({ hop, phase: readPhase(), greeting, error, timedOut }));
    const refuse = (): void => {
      const { tried, offered } = login;
      fail(explainLoginRefusal({ hop, property: rules.property, tried, offered, notes, agentFailed }));
    };
    const timer = setTimeout(() => failWith(undefined, true), timeoutMs);

    const verifyHostKey = (blob: Buffer): boolean => {
      const key = readHostKey(Buffer.from(blob));
      if (key === undefined) return false;
      // It is asked again at each rekey, where only the same key will do.
      verdict = provenKey?.blob.equals(key.blob) ? undefined : judgeHostKey(rules, key);
      if (verdict === undefined && provenKey !== undefined && !provenKey.blob.equals(key.blob)) {
        verdict = new AnyIPError(
          "HOST_KEY_MISMATCH",
          `${describeHop(hop)} changed its key during the connection.`,
        );
      }
      if (verdict !== undefined) return false;
      provenKey = key;
      return true;
    };

    client.on("handshake", () => {
      keyAccepted = true;
      stream.off("data", listen);
    });
    client.on("change password", () => {
      notes.push("The host wants the password to be changed first: it has expired");
      refuse();
    });
    client.on("error", (error: Error & { level?: string; code?: unknown }) => {
      if (error.level === "agent" && !agentFailed) {
        agentFailed = true;
        notes.push(describeAgentFailure(plan));
      }
      // Neither of the two ends the login: the next method is tried.
      if (error.level === "agent" || error.level === "client-authentication") return;
      endReason ??= describeEnd(verdict ?? error, tuning);
      if (keyAccepted && /too many authentication failures/i.test(error.message)) {
        notes.push("The host counted too many attempts; an agent with many keys does that");
        refuse();
      } else {
        failWith(error);
      }
    });
    client.on("close", () => {
      failWith(undefined);
      endReason ??= "the host closed the connection";
      for (const listener of endListeners.splice(0)) listener(endReason);
    });
    client.on("ready", () => {
      settle(() =>
        resolve({
          client,
          hop,
          hostKey: provenKey === undefined ? "" : formatHostKey(provenKey),
          onEnd: (listener) => {
            if (endReason === undefined) endListeners.push(listener);
            else listener(endReason);
          },
          end: () => {
            client.end();
            setTimeout(() => stream.destroy(), END_GRACE_MS).unref();
          },
        }),
      );
    });
    client.connect({
      sock: stream,
      username: hop.user,
      readyTimeout: 0,
      keepaliveInterval: tuning.keepaliveIntervalMs,
      keepaliveCountMax: tuning.keepaliveCount,
      algorithms: {
        serverHostKey: orderHostKeyAlgorithms(listAcceptableTypes(rules)) as ServerHostKeyAlgorithm[],
      },
      hostVerifier: verifyHostKey,
      authHandler: (offered, _partial, next) => {
        // ssh2 passes null at first, against its types.
        const step = login.chooseNext((offered as string[] | null) ?? undefined);
        if (step === undefined) refuse();
        else next(toAuthMethod(hop.user, step, notes));
      },
    });
    // After connect(), which pauses the stream: the library's own listener must not miss what this one hears.
    const listen = (chunk: Buffer): void => greeting.append(chunk);
    stream.on("data", listen);
  });
}

function toAuthMethod(username: string, step: LoginStep<ParsedKey>, notes: string[]): AnyAuthMethod {
  switch (step.kind) {
    case "none":
      return { type: "none", username };
    case "key":
      return { type: "publickey", username, key: step.key };
    case "agent":
      return { type: "agent", username, agent: step.socketPath };
    case "password":
      return { type: "password", username, password: step.password };
    case "keyboard": {
      const answer = createPromptAnswerer(step.password);
      return {
        type: "keyboard-interactive",
        username,
        prompt: (_name, _instructions, _language, prompts, finish) => {
          const answers = answer(prompts);
          if (answers.length < prompts.length) notes.push("The host asked for more than a password");
          finish(answers);
        },
      };
    }
  }
}

function describeAgentFailure(plan: HopPlan<ParsedKey>): string {
  const agent = plan.methods.find((method) => method.kind === "agent");
  return `The ssh-agent at ${agent?.socketPath} (${agent?.property}) did not answer or could not sign`;
}

function describeEnd(error: Error & { level?: string }, tuning: Ssh2Tuning): string {
  if (error.message === "Keepalive timeout") {
    const seconds = (tuning.keepaliveIntervalMs * (tuning.keepaliveCount + 1)) / 1000;
    return `the host went silent for ${seconds} s`;
  }
  return `the connection broke (${error.message})`;
}
