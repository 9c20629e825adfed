import { Gauge, type Registry } from 'prom-client';

type Held = 'callers' | 'events' | 'sockets' | 'backlog' | 'progress';

/** What the gateway holds open, as it is when somebody asks. */
export const addMetrics = (
  registry: Registry,
  { callers, events, sockets, backlog, progress }: Record<Held, { readonly count: number }>,
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
  gauge('nightshift_gateway_event_sockets', 'Open WebSockets for run events', sockets);
  gauge(
    'nightshift_gateway_event_backlog_bytes',
    'What waits in memory for readers of events that read slowly',
    backlog,
  );
  gauge('nightshift_gateway_progress_streams', 'Open streams of progress documents', progress);
};
