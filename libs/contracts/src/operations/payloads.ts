/**
 * What becomes of an operation for whoever does not see payloads: what runs were given, did and returned, things, files and messages.
 * `none`: its answer holds nothing of that. `masked`: the answer comes without, and says `masked: true` where something may be missing.
 * `refused`: it is nothing but that.
 */
export type PayloadRule = 'none' | 'masked' | 'refused';

const rules: Readonly<Record<PayloadRule, readonly string[]>> = {
  none: [
    ...['save', 'publish', 'rollback', 'list', 'get', 'versions', 'version'].map((name) => `workflows.${name}`),
    ...['cancel', 'pause', 'resume', 'retry', 'replay'].map((name) => `runs.${name}Many`),
    'schedules.create',
    ...['cancel', 'pause', 'resume', 'move'].map((name) => `schedules.${name}Many`),
    'lists.create',
    ...['remove', 'occurrences', 'preview'].map((name) => `recurrences.${name}`),
    'flows.remove',
    'flows.list',
    'evaluations.record',
    'evaluations.stop',
    'progress.link',
    'progress.public',
    'events.send',
    // What is shown through them is judged where they are made, and by whoever opens them.
    'events.link',
    'events.socket',
    'events.public',
    ...['put', 'list', 'get', 'remove', 'receive'].map((name) => `eventSources.${name}`),
    ...['list', 'declare', 'delete', 'privacy', 'setPrivacy'].map((name) => `types.${name}`),
    'changes.gaps',
    'files.upload',
    'files.delete',
    'files.public',
    ...['set', 'list', 'remove'].map((name) => `secrets.${name}`),
    'mailbox.clear',
    // Whoever may call them gets the answer that is made for callers.
    'endpoints.call',
    'endpoints.callDraft',
    'endpoints.callBelow',
    'endpoints.callDraftBelow',
    'endpoints.detect',
    'endpoints.forgetSamples',
    ...['put', 'list', 'get', 'remove', 'rotateSecret', 'pause', 'resume'].map((name) => `webhooks.${name}`),
    ...['put', 'list', 'get', 'remove'].map((name) => `issuers.${name}`),
    'audit.search',
    ...['create', 'list', 'get', 'change', 'rotate', 'revoke'].map((name) => `keys.${name}`),
    ...['openapi', 'docs', 'docsAsset', 'whoami', 'health', 'readiness', 'metrics'].map((name) => `platform.${name}`),
  ],
  masked: [
    'workflows.check',
    ...['start', 'search', 'get', 'events', 'cancel', 'pause', 'resume', 'retry', 'replay'].map(
      (name) => `runs.${name}`,
    ),
    ...['search', 'get', 'move', 'cancel'].map((name) => `schedules.${name}`),
    ...['search', 'get', 'items', 'change', 'pause', 'resume', 'cancel', 'retryFailed', 'retryItem', 'skipItem'].map(
      (name) => `lists.${name}`,
    ),
    ...['search', 'put', 'get', 'pause', 'resume'].map((name) => `recurrences.${name}`),
    ...['get', 'set', 'pause', 'resume', 'holds', 'pauseAll', 'resumeAll'].map((name) => `flows.${name}`),
    'evaluations.list',
    'progress.get',
    ...['search', 'get', 'cancel', 'pause', 'resume'].map((name) => `chains.${name}`),
    'events.follow',
    'imports.search',
    'imports.get',
    ...['list', 'get', 'redrive', 'redriveMany'].map((name) => `deadLetters.${name}`),
  ],
  refused: [
    'lists.failures',
    ...['create', 'search', 'get', 'change', 'delete', 'changeMany', 'deleteMany', 'copyMany', 'export', 'import'].map(
      (name) => `things.${name}`,
    ),
    'imports.errors',
    'imports.errorsCsv',
    'files.get',
    'files.info',
    'files.link',
    'mailbox.list',
    'mailbox.get',
    'endpoints.answer',
    'endpoints.detected',
    ...['test', 'deliveries', 'redeliver', 'redeliverMany'].map((name) => `webhooks.${name}`),
    ...['list', 'get', 'replay', 'replayMany'].map((name) => `receivedEvents.${name}`),
  ],
};

const ruleOf = new Map(
  (Object.keys(rules) as PayloadRule[]).flatMap((rule) => rules[rule].map((operation) => [operation, rule] as const)),
);

/** The rule of an operation. One that is in none of the lists is refused: a test says that it is missing. */
export const payloadRuleOf = (operation: string): PayloadRule => ruleOf.get(operation) ?? 'refused';

/** Every operation for which there is a rule. */
export const operationsWithPayloadRule: readonly string[] = [...ruleOf.keys()];
