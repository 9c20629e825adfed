import type { AdmitList } from '@nightshift/ledger';
import { compileItemKey } from '@nightshift/workflow-core';
import { randomUUID } from 'node:crypto';
import { refusal } from '../door/checked.ts';

/**
 * What gives each item its key, once, when the list is admitted.
 * @throws Failure `request.invalid` for an expression that is none
 */
export const readKey = (
  key: string | undefined,
  parameters: Record<string, unknown>,
  nowMs: number,
): Pick<AdmitList, 'keyOf'> => {
  if (key === undefined) return {};
  const compiled = compileItemKey(key, '/key');
  if ('violations' in compiled) throw refusal('request.invalid', compiled.violations);
  const env = { now: new Date(nowMs), random: Math.random, uuid: randomUUID };
  return { keyOf: (item, index) => compiled.keyOf({ item, index, parameters }, env) };
};
