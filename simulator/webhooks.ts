import { createHmac, randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import type { Fault, FaultPlan } from './faults.ts';
import { type Job, newJobId, stateOf } from './jobs.ts';

/** Where a simulated provider tells that a job is over, and with what it signs. */
export const webhooksSchema = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  secret: z.string().regex(/^whsec_[A-Za-z0-9+/]+={0,2}$/, { error: 'whsec_ and base64' }),
});

export type WebhookSettings = z.output<typeof webhooksSchema>;

/** One that was sent, and what the receiver said. */
export interface Delivery {
  readonly webhookId: string;
  readonly jobId: string;
  readonly type: string;
  /** The receiver's status; undefined when nobody answered. */
  readonly answered: number | undefined;
}

export interface Webhooks {
  /** Tells of the job's end once it is there. */
  follow(job: Job): void;
  /** In the order of the answers. */
  deliveries(): readonly Delivery[];
  stop(): void;
}

/** Milliseconds between two looks at the jobs: an event is late by no more. */
const LOOK_EVERY = 20;
const ANSWER_WITHIN = 5000;

type WebhookFault = Extract<Fault, { on: 'webhook' }>;

interface Followed {
  readonly job: Job;
  readonly fault: WebhookFault | undefined;
}

interface Message {
  readonly id: string;
  readonly jobId: string;
  readonly type: 'video.completed' | 'video.failed';
  readonly body: string;
}

/** Standard Webhooks, as OpenAI's protocol sends them. Sent once: a real sender would try again for a while. */
export function createWebhooks(
  settings: WebhookSettings | undefined,
  faults: FaultPlan,
  stopping: AbortSignal,
): Webhooks {
  const followed = new Set<Followed>();
  const overtaken: Message[] = [];
  const deliveries: Delivery[] = [];
  if (settings === undefined) return { follow: () => {}, deliveries: () => deliveries, stop: () => {} };
  const { url, secret } = settings;

  const looking = setInterval(() => {
    const now = Date.now();
    for (const one of followed) {
      const { status } = stateOf(one.job, now);
      const isOver = status === 'completed' || status === 'failed';
      if (isOver || one.job.deletedAt !== undefined) followed.delete(one);
      if (isOver && one.job.deletedAt === undefined)
        send(messageOf(one.job.id, `video.${status}`), one.fault);
    }
  }, LOOK_EVERY);

  /** Only the simulator's own end breaks one off. */
  function send(message: Message, fault?: WebhookFault): void {
    tell(message, fault).catch(() => undefined);
  }

  async function tell(message: Message, fault: WebhookFault | undefined): Promise<void> {
    if (fault?.does === 'lose') return;
    if (fault?.does === 'overtaken') {
      overtaken.push(message);
      return;
    }
    if (fault?.does === 'delay') await wait(fault.milliseconds, undefined, { signal: stopping });
    const signedAt = Date.now() - (fault?.does === 'stale' ? fault.secondsOld * 1000 : 0);
    const headers = sign(message, fault?.does === 'forge' ? newSecret() : secret, signedAt);
    await post(message, headers);
    if (fault?.does === 'repeat') await post(message, headers);
    if (fault?.does === 'stray') await tell(messageOf(newJobId(), message.type), undefined);
    for (const late of overtaken.splice(0)) await tell(late, undefined);
  }

  async function post(message: Message, headers: Readonly<Record<string, string>>): Promise<void> {
    const { id: webhookId, jobId, type, body } = message;
    const signal = AbortSignal.any([stopping, AbortSignal.timeout(ANSWER_WITHIN)]);
    const answered = await fetch(url, { method: 'POST', headers, body, signal }).then(
      ({ status }) => status,
      () => undefined,
    );
    deliveries.push({ webhookId, jobId, type, answered });
  }

  return {
    follow(job) {
      const fault = faults.take(isWebhookFault, job);
      followed.add({ job, fault });
      if (fault?.does === 'early') send(messageOf(job.id, 'video.completed'));
    },
    deliveries: () => deliveries,
    stop: () => clearInterval(looking),
  };
}

function isWebhookFault(fault: Fault): fault is WebhookFault {
  return fault.on === 'webhook';
}

function messageOf(jobId: string, type: Message['type']): Message {
  const id = `evt_${randomBytes(16).toString('hex')}`;
  const event = { id, object: 'event', created_at: Math.floor(Date.now() / 1000), type, data: { id: jobId } };
  return { id, jobId, type, body: JSON.stringify(event) };
}

/** @param signedAt milliseconds since the epoch */
function sign({ id, body }: Message, secret: string, signedAt: number): Record<string, string> {
  const timestamp = String(Math.floor(signedAt / 1000));
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${signature}`,
  };
}

function newSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}
