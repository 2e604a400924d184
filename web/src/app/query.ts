import { QueryClient } from '@tanstack/react-query';
import { ApiError } from './api.js';

/** What was read is shown at once and read anew when it is looked at again; a refusal is not asked for twice. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (count, error) => count < 2 && error instanceof ApiError && (error.status === 0 || error.status >= 500),
      refetchOnWindowFocus: true,
    },
  },
});
