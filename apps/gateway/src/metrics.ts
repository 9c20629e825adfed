import { Gauge, type Registry } from 'prom-client';

/** What the gateway holds open, as it is when somebody asks. */
export const addMetrics = (
  registry: Registry,
  { callers, events, progress }: Record<'callers' | 'events' | 'progress', { readonly count: number }>,
): void => {
  const gauge = (name: string, help: string, source: { readonly count: number }): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(source.count);
      },
    });
  };
  gauge('nightshift_gateway_waiting_callers', 'Callers that wait for the end of a run', callers);
  gauge('nightshift_gateway_event_streams', 'Open streams of run events', events);
  gauge('nightshift_gateway_progress_streams', 'Open streams of progress documents', progress);
};
