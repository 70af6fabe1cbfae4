// Parses server-sent events from the bytes of an answer.

/** An event with its name and data. */
export interface ServerEvent {
  readonly event: string;
  readonly data: string;
}

/** The most characters of an event. */
const LARGEST_EVENT = 1_048_576;

/**
 * Returns the events of a stream until it ends. Comments, which servers send to keep a connection open, are skipped.
 * @throws {RangeError} If an event is longer than a megabyte.
 */
export async function* serverEvents(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder();
  let rest = "";
  let event = "message";
  let data: string[] = [];
  for await (const piece of bytes) {
    rest += decoder.decode(piece, { stream: true });
    // A carriage return at the end may be the first half of a line break.
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
