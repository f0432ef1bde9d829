import { startServers } from '../../support/global-setup.ts';

/**
 * Seconds. A history is deleted once the server has noted how far its queues are, which it does two or three times a
 * minute. Not in every run of the tests: told so, the dev server is no longer fair between ventures.
 */
const DELETES_HISTORIES_SOON = {
  'history.transferProcessorUpdateAckInterval': 1,
  'history.visibilityProcessorUpdateAckInterval': 1,
  'history.timerProcessorUpdateAckInterval': 1,
} as const;

export default function startServersThatDeleteSoon(): Promise<void> {
  return startServers(DELETES_HISTORIES_SOON);
}
