/**
 * The body of a response, which is held for as long as its body is wanted. Node cancels the stream of a response that
 * nobody holds any more, unless it is being read already; what is read of it then ends at once, without an error: a
 * video that was paid for would look like an empty file.
 */
export async function* bodyOf(response: Response): AsyncGenerator<Uint8Array> {
  if (response.body !== null) yield* response.body;
}
