import { join } from "node:path";
import ts from "typescript";

/**
 * Tells whether a changed source still compiles: a mutant that does not is killed by the compiler. Names that are no longer used do not
 * count, as they are a matter of style.
 */
export class TypeChecker {
  readonly #changed = new Map<string, { readonly text: string; readonly version: string }>();
  readonly #service: ts.LanguageService;

  constructor(root: string) {
    const path = join(root, "tsconfig.json");
    const { options } = ts.parseJsonConfigFileContent(ts.readConfigFile(path, ts.sys.readFile).config, ts.sys, root);
    this.#service = ts.createLanguageService({
      ...ts.sys,
      useCaseSensitiveFileNames: () => ts.sys.useCaseSensitiveFileNames,
      getCurrentDirectory: () => root,
      getCompilationSettings: () => ({ ...options, noUnusedLocals: false, noUnusedParameters: false }),
      getDefaultLibFileName: ts.getDefaultLibFilePath,
      getScriptFileNames: () => [...this.#changed.keys()],
      getScriptVersion: (file) => this.#changed.get(file)?.version ?? "0",
      getScriptSnapshot: (file) => {
        const text = this.#changed.get(file)?.text ?? ts.sys.readFile(file);
        return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
      },
    });
  }

  /**
   * Whether the source compiles with this text, and all others as they are.
   *
   * @param path The absolute path of the source.
   */
  accepts(path: string, text: string): boolean {
    this.#changed.clear();
    this.#changed.set(path, { text, version: text });
    return [...this.#service.getSyntacticDiagnostics(path), ...this.#service.getSemanticDiagnostics(path)].every(
      ({ category }) => category !== ts.DiagnosticCategory.Error,
    );
  }
}
