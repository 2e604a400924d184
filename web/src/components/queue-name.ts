import { useLive } from '../app/live.js';

/** A queue by its name; one that is gone by its id. */
export function useQueueName(): (id: string | null | undefined) => string {
  const queues = useLive((picture) => picture.queues);
  return (id) => (id == null ? '' : (queues.get(id)?.name ?? id));
}
