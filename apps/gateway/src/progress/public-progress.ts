import { publicProgressKeys, type Progress, type PublicProgress } from '@nightshift/contracts';

/** What anybody may see. Why something failed is not a part of it; a message that the workflow reports is. */
export const publicProgress = (progress: Progress): PublicProgress => {
  const shown = Object.fromEntries(publicProgressKeys.map((key) => [key, progress[key]])) as unknown as PublicProgress;
  return progress.status === 'failed' ? { ...shown, message: null } : shown;
};
