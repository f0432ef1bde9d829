import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const FOLDER = join('ops', 'backup');
const files = readdirSync(FOLDER);
const linesOf = (name: string) => readFileSync(join(FOLDER, name), 'utf8').split('\n');

describe('what ops/backup gives to a host', () => {
  test.each(files.filter((name) => name.endsWith('.sh')))('%s is a shell script that can be run', (name) => {
    expect(spawnSync('sh', ['-n', join(FOLDER, name)], { encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '',
    });
    expect(statSync(join(FOLDER, name)).mode & 0o111).not.toBe(0);
  });

  test('full backups are due daily at 02:00 UTC, drills monthly, and neither is missed while the machine is off', () => {
    const due = ['screentest-backup.timer', 'screentest-restore-drill.timer'].map((name) => {
      expect(linesOf(name)).toContain('Persistent=true');
      return linesOf(name).find((line) => line.startsWith('OnCalendar='));
    });
    expect(due).toEqual(['OnCalendar=*-*-* 02:00:00 UTC', 'OnCalendar=*-*-01 03:00:00 UTC']);
    const systemd = spawnSync('systemd-analyze', [
      'calendar',
      ...due.map((line = '') => line.split('=')[1] ?? ''),
    ]);
    // Not every machine has systemd.
    if (systemd.error === undefined) expect(systemd.status).toBe(0);
  });

  test('the log is shipped at least hourly, and whatever is kept is kept for 30 days', () => {
    const settings = new Map(
      linesOf('wal-archiving.conf')
        .map((line) => line.split(' = '))
        .map(([name, value]) => [name, value]),
    );
    expect(settings.get('archive_mode')).toBe('on');
    expect(Number(settings.get('archive_timeout'))).toBeLessThanOrEqual(3600);
    expect(settings.get('archive_command')).toContain('archive-wal.sh');
    expect(linesOf('screentest-backup.service')).toContain(
      'ExecStart=/opt/screentest/ops/backup/base-backup.sh /var/backups/screentest 30',
    );
    expect(linesOf('pgbackrest.conf')).toEqual(
      expect.arrayContaining(['repo1-retention-full-type=time', 'repo1-retention-full=30']),
    );
  });
});
