import type { AuditEntryView } from '@nightshift/contracts';

/** Members of answers that say in short what was made or changed. None of them holds what users keep here. */
const told = [
  'version',
  'draft',
  'runId',
  'scheduleId',
  'listId',
  'importId',
  'changed',
  'deleted',
  'created',
  'copied',
  'total',
] as const;

/** An answer that is longer holds more than what was changed. */
const READ_MAX_LENGTH = 64 * 1024;
const TEXT_MAX_LENGTH = 64;

/** What an answer says of the change, if it is JSON and says something. */
export const toldOf = (payload: unknown): AuditEntryView['details'] => {
  if (typeof payload !== 'string' || payload.length > READ_MAX_LENGTH || !payload.startsWith('{')) return undefined;
  try {
    const answer = JSON.parse(payload) as Record<string, unknown>;
    const details: NonNullable<AuditEntryView['details']> = {};
    for (const name of told) {
      const value = answer[name];
      if (typeof value === 'number' || typeof value === 'boolean') details[name] = value;
      else if (typeof value === 'string' && value.length <= TEXT_MAX_LENGTH) details[name] = value;
    }
    return Object.keys(details).length > 0 ? details : undefined;
  } catch {
    return undefined;
  }
};
