import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { Wallboard } from '@yixian/contracts/browser';
import { useCallback } from 'react';
import { ApiError, get, type Page } from '../../app/api.js';

export type SavedWallboard = Wallboard & { revision: number };

export function useWallboards() {
  return useQuery({ queryKey: ['wallboards'], queryFn: async () => (await get<Page<SavedWallboard>>('/wallboards')).items });
}

/** One, read anew every minute: what is saved elsewhere comes to the wall by itself. */
export function useWallboard(id: string): { board: SavedWallboard | undefined; gone: boolean } {
  const query = useQuery({
    queryKey: ['wallboards', id],
    queryFn: () => get<SavedWallboard>(`/wallboards/${id}`),
    refetchInterval: 60_000,
    refetchIntervalInBackground: true,
  });
  return { board: query.data, gone: query.error instanceof ApiError && query.error.status === 404 };
}

export function useForgetWallboards(): () => void {
  const client = useQueryClient();
  return useCallback(() => void client.invalidateQueries({ queryKey: ['wallboards'] }), [client]);
}
