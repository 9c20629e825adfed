import type { Progress } from '@nightshift/contracts';

/** What the tour shows while it goes on. */
export interface Screen {
  heading(text: string): void;
  say(text: string): void;
  /** A bar that is drawn over itself on a terminal; elsewhere a line for each quarter. */
  progress(progress: Progress): void;
}

const BAR_WIDTH = 40;

export const makeScreen = (out: NodeJS.WriteStream): Screen => {
  const isTerminal = out.isTTY === true;
  let shownQuarter = -1;
  let hasBar = false;

  const say = (text: string): void => {
    if (hasBar) out.write('\n');
    hasBar = false;
    out.write(`${text}\n`);
  };

  const drawBar = (text: string, isLast: boolean): void => {
    out.write(`\r\u001b[K${text}`);
    hasBar = true;
    if (isLast) {
      out.write('\n');
      hasBar = false;
    }
  };

  return {
    heading: (text) => {
      shownQuarter = -1;
      say(`\n${text}\n${'─'.repeat(text.length)}`);
    },
    say: (text) => say(`  ${text}`),
    progress: (progress) => {
      const percent = progress.percent ?? 0;
      if (isTerminal) return drawBar(`  ${barOf(percent)} ${countsOf(progress)}`, percent === 100);
      const quarter = Math.floor(percent / 25);
      if (quarter > shownQuarter) say(`  ${String(Math.floor(percent)).padStart(3)} %  ${countsOf(progress)}`);
      shownQuarter = Math.max(quarter, shownQuarter);
    },
  };
};

const barOf = (percent: number): string => {
  const filled = Math.floor((percent / 100) * BAR_WIDTH);
  return `[${'█'.repeat(filled)}${' '.repeat(BAR_WIDTH - filled)}] ${String(Math.floor(percent)).padStart(3)} %`;
};

const countsOf = ({ done, total, failed, ratePerSecond }: Progress): string => {
  const rate = ratePerSecond === null ? '' : `, ${Math.round(ratePerSecond)} per second`;
  return `${done} of ${total ?? '?'}${failed > 0 ? `, ${failed} failed` : ''}${rate}`;
};
