import type { Origin } from '@nightshift/contracts';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The run that an origin names. Anybody with SQL can write an origin: what is no id is left out. */
export const parentOf = ({ runId }: Origin): { parentRunId?: string } =>
  runId !== undefined && uuid.test(runId) ? { parentRunId: runId } : {};
