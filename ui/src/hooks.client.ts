import type { HandleClientError } from '@sveltejs/kit/hooks';

/** What no `load` has foreseen. A page whose script cannot be fetched is the commonest: the control plane is away. */
export const handleError: HandleClientError = (caught) => {
  if (caught.kind !== 'unknown') return;
  const { error } = caught;
  return error instanceof TypeError && /import|fetch/i.test(error.message)
    ? {
        status: 503,
        message: 'The script of this page could not be fetched',
        remedy: 'Check that "assay up" is running, then reload the page',
      }
    : { remedy: "Reload the page; the browser's console has the details" };
};
