import type { Client, Connection, Submittable } from 'pg';

/** `COPY ... FROM STDIN` in its text format; pg leaves this to a package of its own. */
export function copyIn(client: Client, statement: string, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    client.query(new CopyIn(statement, text, resolve, reject));
  });
}

class CopyIn implements Submittable {
  private readonly statement: string;
  private readonly text: string;
  private readonly resolve: () => void;
  private readonly reject: (error: Error) => void;

  constructor(statement: string, text: string, resolve: () => void, reject: (error: Error) => void) {
    this.statement = statement;
    this.text = text;
    this.resolve = resolve;
    this.reject = reject;
  }

  submit(connection: Connection): void {
    connection.query(this.statement);
  }

  handleCopyInResponse(connection: { sendCopyFromChunk(chunk: Buffer): void; endCopyFrom(): void }): void {
    connection.sendCopyFromChunk(Buffer.from(this.text));
    connection.endCopyFrom();
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.resolve();
  }

  handleError(error: Error): void {
    this.reject(error);
  }
}
