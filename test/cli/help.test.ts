import { describe, expect, test } from '@jest/globals';
import type { Command } from 'commander';
import { createProgram } from '../../cli/program.ts';

function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}

describe('every verb', () => {
  const commands = everyCommand(createProgram());

  test.each(commands.map((command) => [pathOf(command), command] as const))(
    '"%s" has help that says what it does',
    (_, command) => {
      expect(command.description()).not.toBe('');
      const help = command.helpInformation();
      expect(help).toContain('Usage: ');
      for (const option of command.options) expect(option.description).not.toBe('');
      for (const argument of command.registeredArguments) expect(argument.description).not.toBe('');
    },
  );

  test.each([
    'init',
    'validate',
    'start',
    'list',
    'status',
    'watch',
    'import',
    'declare-winner',
    'archive',
    'doctor',
    'setup',
    'analyze',
    'plan-size',
  ])('"%s" takes -o', (name) => {
    const verb = commands.find((command) => command.name() === name);
    const output = verb?.options.find(({ long }) => long === '--output');
    expect(output?.argChoices).toEqual(expect.arrayContaining(['text', 'json', 'jsonl']));
  });
});

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}
