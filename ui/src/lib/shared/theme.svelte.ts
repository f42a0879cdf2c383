export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const KEY = 'assay.theme';

const stored = (): Theme => THEMES.find((t) => t === localStorage.getItem(KEY)) ?? 'system';

function createTheme() {
  const initial = stored();
  let chosen = $state<Theme>(initial);
  apply(initial);
  return {
    get chosen(): Theme {
      return chosen;
    },
    choose(next: Theme): void {
      chosen = next;
      localStorage.setItem(KEY, next);
      apply(next);
    },
  };
}

function apply(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

export const theme = createTheme();
