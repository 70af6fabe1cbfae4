import tseslint from "typescript-eslint";

/**
 * Refuses lists that promises are written into and that are awaited one by one: meanwhile, a later one that is rejected ends the
 * process. Lists that `map` makes escape it.
 */
const noWaitingPromises = {
  meta: { type: "problem", schema: [] },
  create(context) {
    const { getTypeAtLocation } = context.sourceCode.parserServices;
    const message = "Give this promise to Promise.all at once, or make it where it is awaited.";
    return {
      ArrayExpression({ elements, parent }) {
        if (parent.callee?.object?.name === "Promise") return;
        for (const node of elements) {
          if (node && getTypeAtLocation(node).symbol?.name === "Promise") context.report({ node, message });
        }
      },
    };
  },
};

export default tseslint.config(
  { ignores: [".build/", "**/node_modules/", "platform/web/dist/"] },
  {
    files: ["**/*.ts", "**/*.tsx"],
    extends: [tseslint.configs.strict],
    plugins: { own: { rules: { "no-waiting-promises": noWaitingPromises } } },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      eqeqeq: "error",
      // A forgotten await makes an assertion that cannot fail.
      "@typescript-eslint/await-thenable": "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": "error",
      "own/no-waiting-promises": "error",
      // How a module that is one function is imported without a helper, whose branches no test would reach.
      "@typescript-eslint/no-require-imports": ["error", { allowAsImport: true }],
    },
  },
  {
    files: ["test/**/*.ts", "platform/test/**/*.ts", "scripts/dev/world/*.ts"],
    rules: {
      "@typescript-eslint/no-non-null-assertion": "off", // a missing value fails the test anyway
      "@typescript-eslint/no-unused-expressions": "off", // assertions of chai are properties: `expect(x).to.be.true`
    },
  },
);
