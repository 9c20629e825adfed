import type { Progress } from '@nightshift/contracts';
import { formatDuration } from './relative-time.ts';

const WIDTH = 30;

/** One line: how far it is, how fast, and how long it may still take. */
export const progressBar = (progress: Progress, nowMs: number): string => {
  const { percent, done, total, failed, ratePerSecond, eta, status } = progress;
  const filled = Math.floor(((percent ?? 0) / 100) * WIDTH);
  const bar = `[${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)}]`;
  const parts = [
    percent === null ? `${done} of ?` : `${String(Math.floor(percent)).padStart(3)} %  ${done} of ${total ?? '?'}`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(ratePerSecond === null ? [] : [`${ratePerSecond.toFixed(1)} per second`]),
    ...(eta === null ? [] : [`${formatDuration(Math.max(0, Date.parse(eta) - nowMs))} left`]),
    ...(status === 'running' ? [] : [status]),
  ];
  return `${bar} ${parts.join(', ')}`;
};
