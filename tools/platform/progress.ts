const isTerminal = process.stdout.isTTY === true;

/** The step that runs, whose title a terminal keeps as its last line. */
let current = '';

/** Runs a part of the work under its title; shows at the end how long it took, or that it failed. */
export const step = async <T>(title: string, work: () => Promise<T>): Promise<T> => {
  const startedAt = performance.now();
  current = title;
  process.stdout.write(isTerminal ? `… ${title}` : `… ${title}\n`);
  const end = (mark: string): void => {
    current = '';
    say(`${mark} ${title} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`);
  };
  try {
    const result = await work();
    end('✓');
    return result;
  } catch (error) {
    end('✗');
    throw error;
  }
};

/** A line on its own; during a step it appears above the step's title. */
export const say = (line: string): void => {
  if (!isTerminal) process.stdout.write(`${line}\n`);
  else process.stdout.write(`\r\u001b[K${line}\n${current === '' ? '' : `… ${current}`}`);
};
