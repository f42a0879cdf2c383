const KEY = 'assay.token';

/**
 * The bearer token of this tab. It comes from the sign-in form or from `#token=…` of the address that `assay up`
 * prints, and it stays in the tab's own storage: closing the tab forgets it.
 */
function createSession() {
  let token = $state(takeFromAddress() ?? sessionStorage.getItem(KEY) ?? '');
  return {
    get token(): string {
      return token;
    },
    signIn(next: string): void {
      token = next.trim();
      sessionStorage.setItem(KEY, token);
    },
    signOut(): void {
      token = '';
      sessionStorage.removeItem(KEY);
    },
  };
}

function takeFromAddress(): string | undefined {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  if (token === null || token === '') return undefined;
  sessionStorage.setItem(KEY, token);
  history.replaceState(history.state, '', location.pathname + location.search);
  return token;
}

export const session = createSession();
