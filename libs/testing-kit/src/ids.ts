/** Ids in the order in which they are made, the same in every run of a test: valid UUIDs of version 7, from the given time. */
export const makeIds = (now: () => Date): (() => string) => {
  let made = 0;
  return () => {
    const time = now().getTime().toString(16).padStart(12, '0');
    const number = (++made).toString(16).padStart(12, '0');
    return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${number}`;
  };
};
