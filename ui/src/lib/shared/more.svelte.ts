import { ApiError } from '../api/api-error.ts';

interface Page<T> {
  readonly items: readonly T[];
  readonly nextPageToken: string | null;
}

/**
 * A list that grows by pages. The first page comes with the address and may be fetched anew; while it stands alone it is
 * shown as it is, later pages hold the list still, because rows would jump between them.
 */
export function createPages<T>(
  first: () => Page<T>,
  /** What the list is of: another one starts over. */
  key: () => string,
  fetchNext: (token: string) => Promise<Page<T>>,
) {
  let later = $state.raw<{ key: string; first: Page<T>; pages: readonly Page<T>[] } | undefined>(undefined);
  let isLoading = $state(false);
  let failure = $state.raw<ApiError | undefined>(undefined);
  const held = $derived(later?.key === key() ? later : undefined);
  const items = $derived([...(held?.first ?? first()).items, ...(held?.pages.flatMap((p) => p.items) ?? [])]);
  const next = $derived((held?.pages.at(-1) ?? held?.first ?? first()).nextPageToken);

  return {
    get items(): readonly T[] {
      return items;
    },
    get hasMore(): boolean {
      return next !== null;
    },
    /** More than the first page is shown, so nothing moves by itself. */
    get isHeld(): boolean {
      return held !== undefined;
    },
    get isLoading(): boolean {
      return isLoading;
    },
    get failure(): ApiError | undefined {
      return failure;
    },
    release(): void {
      later = undefined;
      failure = undefined;
    },
    async more(): Promise<void> {
      if (next === null || isLoading) return;
      const [asked, before] = [key(), held];
      const start = before?.first ?? first();
      isLoading = true;
      failure = undefined;
      try {
        const page = await fetchNext(next);
        if (key() === asked) later = { key: asked, first: start, pages: [...(before?.pages ?? []), page] };
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        failure = error;
      } finally {
        isLoading = false;
      }
    },
  };
}
