import { Catch, type ExceptionFilter } from '@nestjs/common';

/**
 * Nest replaces what a message handler throws by "internal server error" unless a filter takes it. This one throws it on, so
 * that the strategy sees the failure itself.
 */
class ThroughFilter implements ExceptionFilter {
  catch(exception: unknown): never {
    throw exception;
  }
}
Catch()(ThroughFilter);

export const throughFilter = new ThroughFilter();
