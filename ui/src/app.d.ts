declare global {
  namespace App {
    interface Error {
      status: number;
      message: string;
      /** The server's error code, where the server answered at all. */
      code?: string;
      /** What the reader can do about it. */
      remedy?: string;
      /** Request id that the server's log holds. */
      requestId?: string;
    }
  }
}

export {};
