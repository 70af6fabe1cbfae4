// Server-sent events, from the bytes of an answer.

/** One event: its name and its data. */
export interface ServerEvent {
  readonly event: string;
  readonly data: string;
}

/** Characters of an event at most. */
const LARGEST_EVENT = 1_048_576;

/**
 * The events of a stream, until it ends. Comments, which servers send to keep a connection open, are left out.
 * @throws {RangeError} When an event is longer than a megabyte.
 */
export async function* serverEvents(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder();
  let rest = "";
  let event = "message";
  let data: string[] = [];
  for await (const piece of bytes) {
    rest += decoder.decode(piece, { stream: true });
    // A carriage return at the end may be half of the end of a line.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() as string;
    for (const line of lines) {
      if (line === "") {
        if (data.length > 0) yield { event, data: data.join("\n") };
        [event, data] = ["message", []];
        continue;
      }
      const [, name = "", value = ""] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
      if (name === "event") event = value;
      if (name === "data") data.push(value);
    }
    if (rest.length + data.reduce((sum, { length }) => sum + length, 0) > LARGEST_EVENT)
      throw new RangeError("an event is longer than a megabyte");
  }
}
