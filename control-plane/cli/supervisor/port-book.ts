import { fixedPort, freePort } from './free-port.ts';

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

/** Throws CONFIG_INVALID for a fixed port that is taken. */
export async function choosePorts(servers: number, fixed: FixedPorts): Promise<Ports> {
  const choose = (flag: string, port: number | undefined): Promise<number> =>
    port === undefined ? freePort() : fixedPort(flag, port);
  const list: { grpc: number; http: number }[] = [];
  for (let i = 0; i < servers; i++) {
    const grpc = fixed.inference === undefined ? undefined : fixed.inference + i;
    list.push({ grpc: await choose('--inference-port', grpc), http: await freePort() });
  }
  return {
    controlPlane: await choose('--port', fixed.controlPlane),
    routes: await freePort(),
    registry: await choose('--registry-port', fixed.registry),
    postgres: await freePort(),
    temporal: await freePort(),
    servers: list,
  };
}
