import { Command } from 'commander';
import { addAnalyze } from './verbs/analyze.ts';
import { addApprove } from './verbs/approve.ts';
import { addArchive } from './verbs/archive.ts';
import { addBackup } from './verbs/backup.ts';
import { addBudget } from './verbs/budget.ts';
import { addCancel } from './verbs/cancel.ts';
import { addCloseTest } from './verbs/close-test.ts';
import { addDb } from './verbs/db.ts';
import { addDeclareWinner } from './verbs/declare-winner.ts';
import { addDemo } from './verbs/demo.ts';
import { addDoctor } from './verbs/doctor.ts';
import { addEdit } from './verbs/edit.ts';
import { addEraseUser } from './verbs/erase-user.ts';
import { addHistory } from './verbs/history.ts';
import { addImport } from './verbs/import.ts';
import { addInit } from './verbs/init.ts';
import { addJobs } from './verbs/jobs.ts';
import { addLineage } from './verbs/lineage.ts';
import { addList } from './verbs/list.ts';
import { addMetrics } from './verbs/metrics.ts';
import { addNext } from './verbs/next.ts';
import { addPlan } from './verbs/plan.ts';
import { addPlanSize } from './verbs/plan-size.ts';
import { addPrices } from './verbs/prices.ts';
import { addProvideVideo } from './verbs/provide-video.ts';
import { addReconcile } from './verbs/reconcile.ts';
import { addReject } from './verbs/reject.ts';
import { addRestore } from './verbs/restore.ts';
import { addRestoreDrill } from './verbs/restore-drill.ts';
import { addResume } from './verbs/resume.ts';
import { addRetry } from './verbs/retry.ts';
import { addReview } from './verbs/review.ts';
import { addSchema } from './verbs/schema.ts';
import { addSetup } from './verbs/setup.ts';
import { addSmokeTest } from './verbs/smoke-test.ts';
import { addSpend } from './verbs/spend.ts';
import { addStart } from './verbs/start.ts';
import { addStatus } from './verbs/status.ts';
import { addValidate } from './verbs/validate.ts';
import { addWatch } from './verbs/watch.ts';
import { addWorker } from './verbs/worker.ts';

/** The `screentest` command: one file a verb. What a verb needs is loaded when it runs, so that help is quick. */
export function createProgram(): Command {
  const program = new Command('screentest')
    .description('A/B tests of AI-generated video ads: durable, paid for once, decided on evidence.')
    .showHelpAfterError('(add --help for what it takes)')
    .addHelpText(
      'after',
      `
Examples:
  $ screentest demo                                        see a whole test, simulated, in under a minute
  $ screentest start brief.yaml --create-venture           start a group
  $ screentest status "Espresso launch"                    where it stands
  $ screentest import "Espresso launch" metrics.csv        bring in what the platforms report
  $ screentest declare-winner "Espresso launch" --variant "Variant B" --by ana@example.com

A group is named by its id, the first 8 characters of it, or its exact name.
Exit codes: 0 done, 1 failed, 2 wrong input, 3 not found, 4 not in a state for it, 124 timed out, 130 interrupted.`,
    );
  const verbs = [
    addDemo,
    addInit,
    addValidate,
    addSchema,
    addStart,
    addList,
    addStatus,
    addWatch,
    addHistory,
    addReview,
    addApprove,
    addReject,
    addEdit,
    addImport,
    addMetrics,
    addDeclareWinner,
    addCloseTest,
    addNext,
    addLineage,
    addRetry,
    addJobs,
    addProvideVideo,
    addCancel,
    addArchive,
    addResume,
    addReconcile,
    addEraseUser,
    addAnalyze,
    addPlan,
    addPlanSize,
    addSpend,
    addBudget,
    addPrices,
    addSmokeTest,
    addWorker,
    addSetup,
    addDb,
    addBackup,
    addRestore,
    addRestoreDrill,
    addDoctor,
  ];
  for (const addVerb of verbs) addVerb(program);
  return program;
}
