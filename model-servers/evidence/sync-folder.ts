import { closeSync, fsyncSync, openSync } from 'node:fs';
import { dirname } from 'node:path';

/** Puts a folder's names on disk: a file that is made, renamed or moved survives a power cut only with its name. */
export function syncFolder(folder: string): void {
  // Windows opens no folders; its file systems log names by themselves
  if (process.platform === 'win32') return;
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** The same for a new folder and those above it, up to and with `root`. */
export function syncFoldersUpTo(root: string, folder: string): void {
  for (let at = folder; at.length >= root.length; at = dirname(at)) {
    syncFolder(at);
    if (at === root || at === dirname(at)) return;
  }
}
