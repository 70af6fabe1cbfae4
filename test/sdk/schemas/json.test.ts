import { expect } from "chai";
import { Fields, text } from "../../../sdk/base/fields";
import { readJson } from "../../../sdk/schemas/json";
import { expectProblem } from "../statements/support";

const FILE = "file.json";

describe("JSON", () => {
  it("may begin with a byte order mark", () => {
    expect(readJson(FILE, '\ufeff{"a":[1,null]}')).to.deep.equal({ a: [1, null] });
  });

  it("may have the same key in different objects, and in texts", () => {
    const content = '{"a":{"b":"{\\"b\\":1,\\"b\\":2}"},"b":[{"a":1},{"a":"a:a"}]}';

    expect(readJson(FILE, content)).to.deep.equal(JSON.parse(content));
  });

  const refused: [what: string, content: string, message: string][] = [
    ["no content", " \n", `${FILE} is empty, expected JSON.`],
    ["a byte order mark alone", "\ufeff", `${FILE} is empty, expected JSON.`],
    [
      "one comma too many, with its place",
      '{\n  "a": 1,\n}',
      `${FILE} is not JSON: line 3, column 1: Expected double-quoted property name in JSON at position 12.`,
    ],
    [
      "a key that appears twice",
      '{"a":1,\n "b":{"a":2}, "a":3}',
      `${FILE}: line 2, column 15: the key "a" stands before, expected each key once.`,
    ],
    [
      "a key that appears twice, once escaped",
      '{"a":1,"\\u0061":3}',
      `${FILE}: line 1, column 8: the key "\\u0061" stands before, expected each key once.`,
    ],
    [
      "more than 64 levels",
      `${"[".repeat(70)}${"]".repeat(70)}`,
      `${FILE}: line 1, column 65: is the level 65 of objects and lists within each other, expected at most 64.`,
    ],
    [
      "a key that would change an object's prototype",
      '{"a":{"__proto__":{}}}',
      `${FILE}: line 1, column 7: the key "__proto__" is not allowed, expected another name.`,
    ],
  ];
  for (const [what, content, message] of refused) {
    it(`is refused with ${what}`, () => expectProblem(() => readJson(FILE, content), message));
  }

  it("is refused as an object if it is null", () =>
    expectProblem(
      () => new Fields(readJson(FILE, "null")).refuse(FILE),
      `${FILE}: the file is null, expected an object.`,
    ));

  it("does not take inherited properties for fields", () =>
    expectProblem(() => {
      const fields = new Fields(readJson(FILE, "{}"));
      fields.read("toString", text(1, 9));
      fields.refuse(FILE);
    }, `${FILE}: toString is missing, expected text of 1 to 9 bytes.`));
});
