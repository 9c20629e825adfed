/**
 * A place in the run feed, which any gateway can go on from. A stream that was lost and made again counts from 1 again, so the moment
 * of its making (`epoch`, ms since 1970) belongs to the place.
 */
export interface FeedPosition {
  epoch: number;
  sequence: number;
}

/** What an event's `id:` holds; the version is that of the run, for somebody who follows one run. */
export interface EventPosition extends FeedPosition {
  version?: number;
}

const pattern = /^(\d{1,15})-(\d{1,16})(?:-(\d{1,10}))?$/;

export const formatPosition = ({ epoch, sequence, version }: EventPosition): string =>
  version === undefined ? `${epoch}-${sequence}` : `${epoch}-${sequence}-${version}`;

/** Undefined for what is no position: whoever sends it starts as if for the first time. */
export const parsePosition = (text: string | undefined): EventPosition | undefined => {
  const match = text === undefined ? null : pattern.exec(text);
  if (match === null) return undefined;
  const [, epoch, sequence, version] = match;
  return {
    epoch: Number(epoch),
    sequence: Number(sequence),
    ...(version !== undefined && { version: Number(version) }),
  };
};
