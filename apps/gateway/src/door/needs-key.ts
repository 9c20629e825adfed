/** Where senders of events put them who sign them. */
export const SIGNED_EVENTS_PATH = '/v1/event-sources/:name/events';

/** Whether a route, as it is registered, answers only to who has a key. What is public carries its own proof, or guards itself. */
export const needsKey = (path: string): boolean =>
  path.startsWith('/v1/') && !path.startsWith('/v1/public/') && path !== SIGNED_EVENTS_PATH;
