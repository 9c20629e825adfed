import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';

export const ACTIVITIES = Symbol('activities');

/** Something that goes on from the service's start to its end. */
export interface Activity {
  start(): void;
  /** Takes nothing new; resolves when what is in hand is done. */
  stop(): Promise<void>;
}

/** Ties activities to the life of the application. */
export const makeActivities = (...activities: readonly Activity[]): OnApplicationBootstrap & OnModuleDestroy => ({
  onApplicationBootstrap: () => {
    for (const activity of activities) activity.start();
  },
  onModuleDestroy: async () => {
    await Promise.all(activities.map((activity) => activity.stop()));
  },
});
