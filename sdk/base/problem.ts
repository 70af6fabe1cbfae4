/** Something that the user can put right. The message is one line: what, value, expected, how to fix. */
export class Problem extends Error {
  constructor(message: string) {
    super(message);
    this.name = "Problem";
  }
}

/** Waits for all and tells every {@link Problem} among them at once; any other error is thrown as it is. */
export async function together<T extends readonly unknown[]>(
  ...all: { readonly [Index in keyof T]: Promise<T[Index]> }
): Promise<T> {
  const failures = (await Promise.allSettled(all)).flatMap((result): unknown[] =>
    result.status === "rejected" ? [result.reason] : [],
  );
  const other = failures.find((reason) => !(reason instanceof Problem));
  if (other !== undefined) throw other;
  if (failures.length > 0) throw new Problem(failures.map((reason) => (reason as Problem).message).join(" "));
  return (await Promise.all(all)) as unknown as T;
}
