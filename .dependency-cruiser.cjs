// The layers of ARCHITECTURE.md as rules. Imports point one way; type imports count unless a rule says otherwise.

const runTimeOnly = { dependencyTypesNot: ["type-only"] };
// A resource's folder is any folder of provider/ that is not one of the shared ones.
const resourceFolder = "^provider/(?!check/|connection/|host/|inspect/|managed-route/|transport/)[^/]+/";
const pureFiles = `(${resourceFolder}(plan|inputs|state|diff)|^provider/managed-route/[^/]+)\\.ts$`;
const npmModule = (name) => `(^|/)node_modules/(@types/)?${name}/`;

/** @type {import("dependency-cruiser").IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: "no-cycles",
      comment: "A cycle, even of types, means that two files are one that nobody can read by itself.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "imports-resolve",
      comment: "An import that resolves nowhere escapes every other rule here.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: "net-is-pure",
      comment:
        "net/ is arithmetic on addresses, shared by sdk and provider: it knows no Node, no Pulumi, no host.",
      severity: "error",
      from: { path: "^net/", pathNot: "^net/allocation/keyed-candidate\\.ts$" },
      to: { pathNot: ["^net/", npmModule("ip-address")] },
    },
    {
      name: "net-hashes-in-one-file",
      comment:
        "A hash is a function of what it is given; the file that needs one may use Node's, and nothing else of Node.",
      severity: "error",
      from: { path: "^net/allocation/keyed-candidate\\.ts$" },
      to: { pathNot: ["^net/", "^(node:)?crypto$"] },
    },
    {
      name: "one-importer-of-ip-address",
      comment: "The library's classes and exceptions stay behind one file, so that it can be replaced.",
      severity: "error",
      from: { pathNot: "^net/address\\.ts$" },
      to: { path: npmModule("ip-address") },
    },
    {
      name: "one-importer-of-ssh2",
      comment:
        "ssh2's events, and its unsafe defaults, are dealt with in one place. Tests may run its server half.",
      severity: "error",
      from: { pathNot: ["^provider/transport/ssh2\\.ts$", "^test/"] },
      to: { path: npmModule("ssh2") },
    },
    {
      name: "sdk-loads-only-pulumi-and-net",
      comment:
        "Programs load sdk/: what it pulls in at run time is paid by every program, and provider/ must come only by the __provider literal.",
      severity: "error",
      from: { path: "^sdk/" },
      to: { pathNot: ["^sdk/", "^net/", npmModule("@pulumi/pulumi")], ...runTimeOnly },
    },
    {
      name: "sdk-knows-only-the-provider-types",
      comment:
        "Types of inputs and outputs may be shared with provider/; nothing else of the project concerns sdk/.",
      severity: "error",
      from: { path: "^sdk/" },
      to: { path: "^(sandbox|bin|bench|test|examples|scripts)/" },
    },
    {
      name: "pulumi-runs-in-sdk-only",
      comment:
        "The provider process gets its own SDK from the launcher; loading a second copy costs time and breaks instanceof.",
      severity: "error",
      from: { pathNot: "^(sdk|examples|test|bench)/" },
      to: { path: npmModule("@pulumi/pulumi"), ...runTimeOnly },
    },
    {
      name: "provider-knows-nothing-above-it",
      comment:
        "Data flows from sdk/ to provider/; the sandbox and the command line are users of the provider, too.",
      severity: "error",
      from: { path: "^provider/" },
      to: { path: "^(sdk|sandbox|bin)/" },
    },
    {
      name: "resources-use-interfaces",
      comment: "A resource speaks to Host; how a host is reached is put together in provider/hosts.ts alone.",
      severity: "error",
      from: {
        path: "^provider/[^/]+/",
        pathNot: "^provider/(check|connection|host|inspect|managed-route|transport)/",
      },
      to: {
        path: "^provider/",
        pathNot: [
          resourceFolder,
          "^provider/(check|connection|managed-route)/",
          "^provider/host/(host|record|route|guard|surroundings|persistence/paths)\\.ts$",
          "^provider/(errors|host-access|random-bits)\\.ts$",
        ],
      },
    },
    {
      name: "resources-are-columns",
      comment:
        "A resource that imports another one cannot be changed alone; what they share belongs beside them.",
      severity: "error",
      from: { path: "^provider/(?!check/|connection/|host/|inspect/|managed-route/|transport/)([^/]+)/" },
      to: { path: resourceFolder, pathNot: "^provider/$1/" },
    },
    {
      name: "decisions-reach-no-transport",
      comment:
        "check, diff and plans are pure; not even by a detour may they reach a connection or a host's implementation.",
      severity: "error",
      from: { path: pureFiles },
      to: {
        path: "^provider/(transport/|host/(?!(host|record|route|guard|surroundings|persistence/paths)\\.ts)|hosts\\.ts)",
        reachable: true,
      },
    },
    {
      name: "decisions-do-no-io",
      comment:
        "check and diff run for every resource on every preview, one after the other: no files, no sockets, no clock.",
      severity: "error",
      from: { path: `${pureFiles}|^provider/check/` },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "shared-parts-know-no-resource",
      comment:
        "check/, connection/, host/, inspect/ and transport/ serve every resource or none; knowing one would turn the arrow around.",
      severity: "error",
      from: { path: "^provider/(check|connection|host|inspect|transport)/|^provider/errors\\.ts$" },
      to: { path: resourceFolder },
    },
    {
      name: "inputs-know-no-host",
      comment: "Reading inputs happens in check, long before there is a host.",
      severity: "error",
      from: { path: "^provider/(check|connection)/" },
      to: { path: "^provider/(host|inspect|transport)/" },
    },
    {
      name: "inspection-is-pure",
      comment:
        "inspect/ judges what a look has found: it knows what a host is, and neither asks one nor opens a connection.",
      severity: "error",
      from: { path: "^provider/inspect/" },
      to: {
        path: "^provider/|^node:",
        pathNot: [
          "^provider/inspect/",
          "^provider/host/(guard|host|record|route|surroundings|iproute2|busybox|persistence/paths)\\.ts$",
          "^provider/(errors|managed-route/cover)\\.ts$",
        ],
      },
    },
    {
      name: "host-uses-the-runner-interface",
      comment: "The Linux host is tested over any transport: it sees channels, never ssh.",
      severity: "error",
      from: { path: "^provider/host/" },
      to: {
        path: "^provider/",
        pathNot: ["^provider/host/", "^provider/errors\\.ts$", "^provider/transport/command-runner\\.ts$"],
      },
    },
    {
      name: "transport-knows-no-routes",
      comment: "The transport carries text; what it means is not its business.",
      severity: "error",
      from: { path: "^provider/transport/" },
      to: {
        path: "^(net/|provider/)",
        pathNot: ["^provider/transport/", "^provider/connection/", "^provider/errors\\.ts$"],
      },
    },
    {
      name: "sandbox-stands-alone",
      comment:
        "The sandbox is the ground that the provider is tested on; using the code under test would let one error hide another.",
      severity: "error",
      from: { path: "^sandbox/" },
      to: { path: "^(sdk|provider|bin)/" },
    },
    {
      name: "bin-imports-no-sdk",
      comment: "The command line works without a Pulumi program.",
      severity: "error",
      from: { path: "^bin/" },
      to: { path: "^sdk/" },
    },
    {
      name: "nothing-imports-bin",
      comment:
        "A program's entry has effects when it is loaded. Unit tests may load the pure files beside it.",
      severity: "error",
      from: { pathNot: ["^bin/", "^test/unit/bin/"] },
      to: { path: "^bin/" },
    },
    {
      name: "product-imports-no-tooling",
      comment: "What is published must not need what is not.",
      severity: "error",
      from: { path: "^(net|sdk|provider|sandbox|bin)/" },
      to: { path: "^(test|bench|examples|scripts|tools)/" },
    },
    {
      name: "product-imports-no-dev-dependency",
      comment: "What is published must find everything among its own or its peers' dependencies.",
      severity: "error",
      from: { path: "^(net|sdk|provider|sandbox|bin)/" },
      to: {
        dependencyTypes: ["npm-dev", "npm-no-pkg"],
        dependencyTypesNot: ["type-only", "npm-peer", "npm"],
      },
    },
    {
      name: "no-index-inside",
      comment:
        "An index is the door for those outside; inside it hides what depends on what and breeds cycles.",
      severity: "error",
      from: { path: "^(net|sdk|provider|sandbox)/" },
      to: { path: "^(net|sdk|provider|sandbox)/.*index\\.ts$" },
    },
  ],
  options: {
    doNotFollow: { path: ["node_modules", "^dist/"] },
    exclude: { path: "^dist/" },
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
    },
  },
};
