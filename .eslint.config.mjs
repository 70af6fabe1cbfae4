import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: [".build/", "node_modules/"] },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strict],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      eqeqeq: "error",
      // A forgotten await makes an assertion that cannot fail.
      "@typescript-eslint/await-thenable": "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": "error",
      // How a module that is one function is imported without a helper, whose branches no test would reach.
      "@typescript-eslint/no-require-imports": ["error", { allowAsImport: true }],
    },
  },
  {
    files: ["test/**/*.ts"],
    rules: {
      "@typescript-eslint/no-non-null-assertion": "off", // a missing value fails the test anyway
      "@typescript-eslint/no-unused-expressions": "off", // assertions of chai are properties: `expect(x).to.be.true`
    },
  },
);
