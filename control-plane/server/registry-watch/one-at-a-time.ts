/** Runs `work` once at a time; a call during a run makes one more run follow. */
export function oneAtATime(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let isAgain = false;
  const all = async (): Promise<void> => {
    while (isAgain) {
      isAgain = false;
      await work();
    }
  };
  return () => {
    isAgain = true;
    running ??= all().finally(() => {
      running = undefined;
    });
    return running;
  };
}
