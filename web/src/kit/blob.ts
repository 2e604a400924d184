import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { download } from '../app/api.js';

/** A file of the API as an address an element can play; it is given back when it is shown no more. */
export function useBlobUrl(path: string | undefined): { url: string | undefined; error: Error | null; loading: boolean } {
  const file = useQuery({
    queryKey: ['file', path],
    queryFn: () => download(path ?? ''),
    enabled: path !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
  });
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    if (!file.data) return undefined;
    const made = URL.createObjectURL(file.data);
    setUrl(made);
    return () => {
      URL.revokeObjectURL(made);
      setUrl(undefined);
    };
  }, [file.data]);
  return { url, error: file.error, loading: file.isLoading };
}

/** Saves what was made or fetched as a file of this name. */
export function saveBlob(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // the browser has read it by then
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Lets the browser save a file straight to its disk, however large it is; the server names it. */
export function saveFrom(path: string): void {
  const link = document.createElement('a');
  link.href = path;
  link.download = '';
  link.click();
}
