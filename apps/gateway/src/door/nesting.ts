import { Failure } from '@nightshift/contracts';

/** Whatever goes through a body by recursion ends far above this, and what people send far below. */
export const MOST_NESTED = 1_000;

/**
 * Refuses JSON that is nested so deeply that reading it could exhaust the stack. Looks at the text, before anything is made of it.
 * @throws Failure `request.invalid`
 */
export const checkNesting = (text: string): void => {
  // Each level takes two characters.
  if (text.length <= 2 * MOST_NESTED) return;
  let depth = 0;
  let isInText = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (isInText) {
      if (code === 92) at++;
      else if (code === 34) isInText = false;
    } else if (code === 34) isInText = true;
    else if (code === 123 || code === 91) depth++;
    else if (code === 125 || code === 93) depth--;
    if (depth > MOST_NESTED)
      throw new Failure('request.invalid', {
        detail: `The body is nested deeper than ${MOST_NESTED}.`,
        errors: [{ pointer: '', detail: `is nested deeper than ${MOST_NESTED}` }],
      });
  }
};
