import type { Command } from 'commander';
import { type Format, outputOption, write } from '../output.ts';
import { EXIT } from '../run.ts';

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('look at everything that a running system needs, and say what is missing')
    .addOption(outputOption())
    .action(async ({ output }: { output: Format }) => {
      const { examine } = await import('../doctor.ts');
      const findings = await examine(process.env);
      write(output, findings, () =>
        findings
          .map(({ subject, isWell, detail }) => `${isWell ? 'ok     ' : 'PROBLEM'}  ${subject}: ${detail}`)
          .join('\n'),
      );
      // At once: a look that got no answer may still be waiting for one.
      if (findings.some(({ isWell }) => !isWell)) process.exit(EXIT.failure);
    });
}
