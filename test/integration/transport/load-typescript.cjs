// Lets a plain `node` process require this repository's TypeScript, for tests that need a process of their own.

const { readFileSync } = require("node:fs");
const ts = require("typescript");

require.extensions[".ts"] = (module, path) => {
  const options = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, esModuleInterop: true };
  module._compile(
    ts.transpileModule(readFileSync(path, "utf8"), { compilerOptions: options }).outputText,
    path,
  );
};
