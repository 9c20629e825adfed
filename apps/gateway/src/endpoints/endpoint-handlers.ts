import { makeAnswerLinks, type AnswerLinksDeps } from './answer-links.ts';
import { makeCallEndpoint, type CallEndpointDeps } from './call-endpoint.ts';
import { makeDetectParameters, type DetectParametersDeps } from './detect/detect-parameters.ts';
import { makeReadAnswer, type ReadAnswerDeps } from './read-answer.ts';

export type EndpointHandlersDeps = Omit<CallEndpointDeps & ReadAnswerDeps, 'answerLinks'> &
  AnswerLinksDeps &
  DetectParametersDeps;

/** Everything about `/wf`: calls, the answers of those that went on without their callers, and what samples say of parameters. */
export const makeEndpointHandlers = (deps: EndpointHandlersDeps) => {
  const answerLinks = makeAnswerLinks(deps);
  return {
    call: makeCallEndpoint({ ...deps, answerLinks }),
    readAnswer: makeReadAnswer({ ...deps, answerLinks }),
    detection: makeDetectParameters(deps),
  };
};

export type EndpointHandlers = ReturnType<typeof makeEndpointHandlers>;
