// The engine's side of a dynamic provider, without the engine: starts its process and speaks gRPC with it.
import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import {
  CheckRequest,
  type CheckResponse,
  ConfigureRequest,
  CreateRequest,
  type CreateResponse,
  DiffRequest,
  type DiffResponse,
} from "@pulumi/pulumi/proto/provider_pb";

type Properties = Record<string, unknown>;
type Struct = NonNullable<ReturnType<CheckRequest["getOlds"]>>;
type Credentials = ConstructorParameters<typeof ResourceProviderClient>[1];
type Answer<Response> = (error: Error | null, response: Response) => void;

// gRPC and protobuf are the SDK's, not ours: the very copies that its stubs were made with.
const requireOfSdk = createRequire(require.resolve("@pulumi/pulumi"));
const { credentials }: { credentials: { createInsecure(): Credentials } } = requireOfSdk("@grpc/grpc-js");
const { Struct }: { Struct: { fromJavaScript(value: unknown): Struct } } = requireOfSdk(
  "google-protobuf/google/protobuf/struct_pb",
);

const repository = join(__dirname, "../..");

export class DynamicProvider {
  private constructor(
    readonly process: ChildProcess,
    private readonly client: ResourceProviderClient,
  ) {}

  static async start(): Promise<DynamicProvider> {
    const program = require.resolve("@pulumi/pulumi/cmd/dynamic-provider/index.js");
    const child = spawn(process.execPath, [program, "127.0.0.1:1"], {
      cwd: repository,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const port = await new Promise<string>((resolve, reject) => {
      let text = "";
      child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
        const found = /^([0-9]+)\s/m.exec(text)?.[1];
        if (found) resolve(found);
      });
      child.once("exit", (code) => reject(new Error(`the provider process ended with ${code}: ${text}`)));
    });
    const client = new ResourceProviderClient(`127.0.0.1:${port}`, credentials.createInsecure());
    const provider = new DynamicProvider(child, client);
    const request = new ConfigureRequest();
    request.setArgs(Struct.fromJavaScript({}));
    await call((done) => client.configure(request, done));
    return provider;
  }

  async check(olds: Properties, news: Properties) {
    const request = new CheckRequest();
    request.setOlds(toStruct(olds));
    request.setNews(toStruct(news));
    const response = await call<CheckResponse>((done) => this.client.check(request, done));
    return {
      inputs: response.getInputs()?.toJavaScript(),
      failures: response
        .getFailuresList()
        .map((failure) => ({ property: failure.getProperty(), reason: failure.getReason() })),
    };
  }

  async diff(olds: Properties, news: Properties) {
    const request = new DiffRequest();
    request.setId("anyip-1");
    request.setOlds(toStruct(olds));
    request.setNews(toStruct(news));
    const response = await call<DiffResponse>((done) => this.client.diff(request, done));
    return {
      changes: response.getChanges(),
      replaces: response.getReplacesList(),
      deleteBeforeReplace: response.getDeletebeforereplace(),
    };
  }

  async create(properties: Properties): Promise<CreateResponse> {
    const request = new CreateRequest();
    request.setProperties(toStruct(properties));
    return await call<CreateResponse>((done) => this.client.create(request, done));
  }

  async stop(): Promise<void> {
    this.client.close();
    const ended = new Promise((resolve) => this.process.once("exit", resolve));
    this.process.kill();
    await ended;
  }
}

function toStruct(properties: Properties): Struct {
  return Struct.fromJavaScript(properties);
}

function call<Response>(start: (done: Answer<Response>) => unknown): Promise<Response> {
  return new Promise((resolve, reject) => {
    start((error, response) => (error ? reject(error) : resolve(response)));
  });
}
