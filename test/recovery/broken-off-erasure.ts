import { writeSync } from 'node:fs';
import { eraseUser } from '../../privacy/erase-user.ts';
import { withErasureParts } from '../../privacy/open.ts';

/** `screentest erase-user <e-mail> --yes` that is killed once the step CRASH_AFTER is done. */
const [, , email = ''] = process.argv;

await withErasureParts(
  process.env,
  () => undefined,
  (parts) =>
    eraseUser(
      {
        ...parts,
        reached(step) {
          if (step !== process.env.CRASH_AFTER) return;
          writeSync(process.stdout.fd, `killed after: ${step}\n`);
          process.kill(process.pid, 'SIGKILL');
        },
      },
      { email, mode: 'delete', by: 'admin@example.com', confirm: async () => undefined },
    ),
);
