import { onMount } from 'svelte';

let nowMs = $state(Date.now());
let watchers = 0;
let timer: ReturnType<typeof setInterval> | undefined;

/** The time of day as state, to the second; one timer for the whole page, none when nobody looks. */
export function useClock(): { readonly nowMs: number } {
  onMount(() => {
    watchers += 1;
    nowMs = Date.now();
    timer ??= setInterval(() => {
      nowMs = Date.now();
    }, 1_000);
    return () => {
      watchers -= 1;
      if (watchers > 0) return;
      clearInterval(timer);
      timer = undefined;
    };
  });
  return {
    get nowMs() {
      return nowMs;
    },
  };
}
