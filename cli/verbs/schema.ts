import type { Command } from 'commander';

export function addSchema(program: Command): void {
  program
    .command('schema')
    .description("print the brief's JSON Schema, with which editors complete and check one")
    .addHelpText(
      'after',
      `
An editor with YAML support finds it by a brief's first line:
  # yaml-language-server: $schema=./brief.schema.json

Example:
  $ screentest schema > brief.schema.json`,
    )
    .action(async () => {
      const { briefJsonSchema } = await import('../../domain/brief-json-schema.ts');
      const { write } = await import('../output.ts');
      write('json', briefJsonSchema(), () => '');
    });
}
