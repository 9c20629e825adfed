import { randomUUID } from 'node:crypto';
import type { EvaluationEnv } from '@nightshift/workflow-core';

/** The clock and chance that expressions draw from, now. */
export const environment = (): EvaluationEnv => ({ now: new Date(), random: Math.random, uuid: randomUUID });
