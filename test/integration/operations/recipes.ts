import type { Recipe } from './recipe.ts';
import { accessRecipes } from './recipes/access.ts';
import { eventRecipes, receivedEventRecipes } from './recipes/events.ts';
import { keptRecipes } from './recipes/kept.ts';
import { listRecipes } from './recipes/lists.ts';
import { platformRecipes } from './recipes/platform.ts';
import { runRecipes, scheduleRecipes } from './recipes/runs.ts';
import { thingRecipes } from './recipes/things.ts';
import { webhookRecipes } from './recipes/webhooks.ts';
import { workflowRecipes } from './recipes/workflows.ts';

/** A valid request for every operation, by its id in the document. One that is missing fails the walk. */
export const recipes: Readonly<Record<string, Recipe>> = {
  ...workflowRecipes,
  ...runRecipes,
  ...scheduleRecipes,
  ...listRecipes,
  ...thingRecipes,
  ...eventRecipes,
  ...receivedEventRecipes,
  ...webhookRecipes,
  ...keptRecipes,
  ...accessRecipes,
  ...platformRecipes,
};
