import { runEndTypes, type WebhookBody, type WebhookView } from '@nightshift/contracts';
import { isDeepStrictEqual } from 'node:util';

/** A webhook as somebody would set it again: without a secret, if one was made for it, and without what is so unless told. */
export const webhookBodyOf = ({
  url,
  events,
  workflow,
  filter,
  secret,
  headers,
  payloads,
  paused,
}: WebhookView): WebhookBody => ({
  url,
  ...(!isSameSet(events, runEndTypes) && { events }),
  ...(workflow !== undefined && { workflow }),
  ...(filter !== undefined && { filter }),
  ...(secret !== null && { secret }),
  ...(headers !== undefined && { headers }),
  ...(payloads && { payloads }),
  ...(paused && { paused }),
});

/** Who says nothing of `paused` leaves it as it is. */
export const isSameWebhook = (written: WebhookBody, present: WebhookBody): boolean => {
  const { paused, ...rest } = plain(written);
  const { paused: wasPaused = false, ...presentRest } = plain(present);
  return isDeepStrictEqual(rest, presentRest) && (paused === undefined || paused === wasPaused);
};

const plain = ({ events = [...runEndTypes], payloads = false, ...body }: WebhookBody): WebhookBody => ({
  ...body,
  events: events.toSorted(),
  payloads,
});

const isSameSet = (one: readonly string[], other: readonly string[]): boolean =>
  isDeepStrictEqual(one.toSorted(), other.toSorted());
