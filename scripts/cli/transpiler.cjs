// The transpiler for ts-node. It only strips types, which takes a tenth of the compiler's time. Results are cached in .build by the content
// of the file and of this one, so that most starts strip nothing.
const { createHash } = require("node:crypto");
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require("node:fs");
const { dirname, resolve } = require("node:path");
const { version } = require("sucrase/package.json");

const CACHE = resolve(__dirname, "../../.build/transpiled");
const RECIPE = `${version} ${readFileSync(__filename, "utf8")}`;

function transpile(code, { fileName }) {
  const { transform } = require("sucrase"); // loaded when there is something to strip
  const { code: outputText, sourceMap } = transform(code, {
    transforms: ["typescript", "imports"],
    disableESTransforms: true, // Node knows the language of this project; so do browsers.
    filePath: fileName,
    sourceMapOptions: { compiledFilename: fileName },
  });
  return { outputText, sourceMapText: JSON.stringify(sourceMap) };
}

function read(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

/** Writes a file atomically, because other processes may start meanwhile; does nothing if the cache cannot be written. */
function keep(path, result) {
  const draft = `${path}.${process.pid}`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(draft, JSON.stringify(result));
    renameSync(draft, path);
  } catch {
    return;
  }
}

exports.create = () => ({
  transpile(code, options) {
    const key = createHash("sha256")
      .update(JSON.stringify([RECIPE, options.fileName, code]))
      .digest("hex");
    const path = resolve(CACHE, `${key}.json`);
    const kept = read(path);
    if (kept) return kept;
    const result = transpile(code, options);
    keep(path, result);
    return result;
  },
});
