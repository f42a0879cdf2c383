/**
 * Gives the memory of a chunk back at once; whoever still looks at it finds it empty. Left to the garbage collector, which
 * weighs the small object and not its bytes, chunks pile up to many times what is on its way.
 */
export const release = ({ buffer, byteLength }: Uint8Array): void => {
  // Small chunks may share their memory
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
};
