import { checkListSettings, compileSchema, ListQuerySchema, type ListSettings } from '@nightshift/contracts';
import { checked, refusal } from '../door/checked.ts';
import { coerceQuery } from '../door/coerce-query.ts';
import { readDuration } from '../door/read-duration.ts';

const check = compileSchema(ListQuerySchema);
const durations = ['interval', 'gap', 'per'] as const;

/** Settings that fit each other. @throws Failure `request.invalid` */
export const consistent = <Settings extends Partial<ListSettings>>(settings: Settings): Settings => {
  const violations = checkListSettings(settings);
  if (violations.length > 0) throw refusal('request.invalid', violations);
  return settings;
};

/** How an uploaded list is handed out, from the query string. `parameters` is JSON there. @throws Failure `request.invalid` */
export const readSettings = (query: Record<string, string | string[] | undefined>): ListSettings => {
  const given = coerceQuery(query, ListQuerySchema);
  for (const name of durations) {
    const text = given[name];
    if (typeof text === 'string') given[name] = readDuration(name, text);
  }
  const { limit, per, failurePolicy, stopAbovePercent, onProgress, everyItems, everyPercent, ...settings } = checked(
    check,
    given,
  );
  if ((limit === undefined) !== (per === undefined))
    throw refusal('request.invalid', [{ pointer: '', detail: 'limit and per, the rate, need each other' }]);
  if (onProgress === undefined && (everyItems ?? everyPercent) !== undefined)
    throw refusal('request.invalid', [{ pointer: '/onProgress', detail: 'is needed by everyItems and everyPercent' }]);
  if (failurePolicy !== undefined && stopAbovePercent !== undefined)
    throw refusal('request.invalid', [{ pointer: '', detail: 'may have one of failurePolicy and stopAbovePercent' }]);
  return consistent({
    ...settings,
    ...(limit !== undefined && per !== undefined && { rate: { limit, per } }),
    ...(failurePolicy !== undefined && { failurePolicy }),
    ...(stopAbovePercent !== undefined && { failurePolicy: { stopAbovePercent } }),
    ...(onProgress !== undefined && {
      onProgress: {
        workflow: onProgress,
        ...(everyItems !== undefined && { everyItems }),
        ...(everyPercent !== undefined && { everyPercent }),
      },
    }),
  });
};
