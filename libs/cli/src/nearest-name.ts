import { nearestWord } from '@nightshift/workflow-core';

/** The name that a mistyped one most probably meant; undefined if none is near. */
export const nearestName = nearestWord;
