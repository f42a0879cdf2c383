import { readFileSync } from 'node:fs';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import type { PackageDefinition } from '@grpc/proto-loader';

const SET = new URL('../../proto/gen/descriptors.binpb', import.meta.url);
/** FileDescriptorSet.file (google/protobuf/descriptor.proto). */
const FILE = 1;

/**
 * Descriptors as buf compiled them, in the form that the reflection service takes. Those that @grpc/proto-loader makes
 * name the fields of maps and messages in ways that strict clients (grpcurl) refuse.
 */
export function descriptors(): PackageDefinition {
  const reader = new BinaryReader(readFileSync(SET));
  const fileDescriptorProtos: Buffer[] = [];
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    if (field === FILE && wire === WireType.LengthDelimited)
      fileDescriptorProtos.push(Buffer.from(reader.bytes()));
    else reader.skip(wire, field);
  }
  return { files: { fileDescriptorProtos } } as unknown as PackageDefinition;
}
