// What ts-node transpiles with: types are only stripped, which takes a tenth of the compiler's time at every start.
const { transform } = require("sucrase");

exports.create = () => ({
  transpile(code, { fileName }) {
    const { code: outputText, sourceMap } = transform(code, {
      transforms: ["typescript", "imports"],
      disableESTransforms: true, // Node knows the language of this project; so do browsers.
      filePath: fileName,
      sourceMapOptions: { compiledFilename: fileName },
    });
    return { outputText, sourceMapText: JSON.stringify(sourceMap) };
  },
});
