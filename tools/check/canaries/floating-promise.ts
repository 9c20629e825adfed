// expects: @typescript-eslint/no-floating-promises
const work = async (): Promise<void> => {};
work();
