import type { EvaluationEnv } from '@nightshift/workflow-core';
import { randomUUID } from 'node:crypto';

/** The clock and chance that expressions draw from, now. */
export const environment = (): EvaluationEnv => ({ now: new Date(), random: Math.random, uuid: randomUUID });
