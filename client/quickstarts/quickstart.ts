// node client/quickstarts/quickstart.ts HOST:PORT
import { AssayClient } from '@assay/client/client';

using assay = new AssayClient({ address: process.argv[2] ?? '127.0.0.1:8001', deadlineMs: 5_000 });
const { outputs, decisionId, arm } = await assay.predict(
  'pricing',
  'shelf-price',
  { context: [[1.9, 0, 0, 0.5, 0, 1, 10]], reference_price_cents: [200], cost_cents: [120] },
  { unitId: 'anna', fallback: { price_cents: [200], purchase_probability: [0] } },
);
const receipt = await assay.recordOutcomes([
  { endpoint: 'shelf-price', decisionId, metrics: { margin_cents: 80 } },
]);
console.log(JSON.stringify({ price: outputs.price_cents[0], arm, accepted: Number(receipt.accepted) }));
