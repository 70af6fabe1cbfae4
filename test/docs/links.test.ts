import { expect } from "chai";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

const ROOT = resolve(__dirname, "../..");
const MAX_README_LINES = 150;

const documents = documentsIn(ROOT);

/** Every Markdown file below a folder, except what is installed or built. */
function documentsIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => name !== "node_modules" && !name.startsWith("."))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return documentsIn(path);
      return entry.name.endsWith(".md") ? [path] : [];
    });
}

/** Targets of a document's links to files of this repository. */
function linksOf(document: string): string[] {
  const text = readFileSync(document, "utf8");
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target).filter((t) => !/^[a-z]+:/.test(t));
}

/** The anchors that a document's headings get. */
function anchorsOf(document: string): string[] {
  const headings = [...readFileSync(document, "utf8").matchAll(/^#+ (.+)$/gm)];
  return headings.map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

function isBroken(document: string, link: string): boolean {
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? document : resolve(dirname(document), path);
  return !existsSync(target) || (anchor !== undefined && !anchorsOf(target).includes(anchor));
}

describe("documents @uninstrumented", () => {
  it("link only to files and headings that exist", () => {
    const links = documents.flatMap((document) => linksOf(document).map((link) => ({ document, link })));
    const broken = links
      .filter(({ document, link }) => isBroken(document, link))
      .map(({ document, link }) => `${relative(ROOT, document)}: ${link}`);

    expect(documents.map((document) => relative(ROOT, document))).to.include.members([
      ...["README.md", "docs/testing.md", "circuits/README.md", "test/fixtures/README.md"],
      "deploy/benchmarks/credit-default/contribution.md",
    ]);
    expect(links).not.to.have.lengthOf(0);
    expect(broken).to.deep.equal([]);
  });

  it("include a README of at most 150 lines", () => {
    expect(readFileSync(join(ROOT, "README.md"), "utf8").split("\n").length).to.be.at.most(MAX_README_LINES);
  });
});
