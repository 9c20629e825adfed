/** What Nest finds the handlers of each part of the door by. */
export const AUDIT = Symbol('audit');
export const CHANGES = Symbol('changes');
export const TYPES = Symbol('types');
export const THINGS = Symbol('things');
export const BULK_THINGS = Symbol('bulkThings');
export const EXPORT_THINGS = Symbol('exportThings');
export const IMPORTS = Symbol('imports');
export const FILES = Symbol('files');
export const WORKFLOWS = Symbol('workflows');
export const RUNS = Symbol('runs');
export const SCHEDULES = Symbol('schedules');
export const LISTS = Symbol('lists');
export const RECURRENCES = Symbol('recurrences');
export const FLOWS = Symbol('flows');
export const CHAINS = Symbol('chains');
export const PROGRESS = Symbol('progress');
export const EVALUATIONS = Symbol('evaluations');
export const EVENTS = Symbol('events');
export const EVENT_SOURCES = Symbol('eventSources');
export const OUTSIDE_EVENTS = Symbol('outsideEvents');
export const SECRETS = Symbol('secrets');
export const MAILBOX = Symbol('mailbox');
export const DEAD_LETTERS = Symbol('deadLetters');
export const ENDPOINTS = Symbol('endpoints');
export const OPENAPI = Symbol('openapi');
/** Lets go of everybody who waits when the application closes. */
export const CLOSER = Symbol('closer');
