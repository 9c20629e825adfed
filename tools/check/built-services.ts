import { build, isBuildNeeded } from '../platform/build.ts';

/** End-to-end tests run the services as they are shipped: built. */
export const setup = async (): Promise<void> => {
  if (isBuildNeeded()) await build();
};
