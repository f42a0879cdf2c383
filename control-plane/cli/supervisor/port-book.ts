import { freePort } from './free-port.ts';

/** One port a listener; chosen free unless a flag fixes it, and kept over restarts of a child so that others find it again. */
export interface Ports {
  readonly controlPlane: number;
  readonly routes: number;
  readonly registry: number;
  readonly postgres: number;
  readonly temporal: number;
  readonly servers: readonly { readonly grpc: number; readonly http: number }[];
}

export interface FixedPorts {
  readonly controlPlane?: number;
  readonly registry?: number;
  /** gRPC port of the first model server; the next ones count up. */
  readonly inference?: number;
}

export async function choosePorts(servers: number, fixed: FixedPorts): Promise<Ports> {
  const list: { grpc: number; http: number }[] = [];
  for (let i = 0; i < servers; i++) {
    list.push({
      grpc: fixed.inference === undefined ? await freePort() : fixed.inference + i,
      http: await freePort(),
    });
  }
  return {
    controlPlane: fixed.controlPlane ?? (await freePort()),
    routes: await freePort(),
    registry: fixed.registry ?? (await freePort()),
    postgres: await freePort(),
    temporal: await freePort(),
    servers: list,
  };
}
